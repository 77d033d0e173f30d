"""Letters that are too large for their topic: what goes, in which order, and what is left."""

import hashlib
import json
from datetime import UTC, datetime

from consumer.deadletters.headers import Header
from consumer.deadletters.letter import Letter, Sender, write_letter
from consumer.deadletters.shortening import SHORTENINGS, without_details, without_headers, without_payload
from consumer.memory.field_errors import FieldError
from consumer.records import Category, Headers, Record, Rejection, Stage, TopicPartition

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SENDER = Sender("group", "client-1")
ERROR = FieldError("tags", "too many", "x" * 100, "fewer", "too_many", "Fewer.")


def record(*, key: bytes | None = b"key", value: bytes | None = b"\x00\xff", headers: Headers = ()) -> Record:
    return Record(TopicPartition("memories", 3), 42, key, value, headers, 1_700_000_000_123)


def write(of: Record, *, text: str = "it is bad", errors: tuple[FieldError, ...] = (ERROR,)) -> Letter:
    rejection = Rejection(
        of, Category.VALIDATION, "bad", text, text, Stage.VALUE_CONVERTER, errors, exception_class=text, stacktrace=text
    )
    return write_letter(rejection, SENDER, NOW, None)


def names(letter: Letter) -> list[str]:
    return [name for name, _ in letter.headers]


def test_first_goes_the_payload_and_the_letter_says_where_it_lies() -> None:
    big = record(value=b"v" * 5_000_000, headers=[("mine", b"1")])
    letter = write(big)
    shorter = without_payload(letter, big)

    assert shorter.value == b"", "not null, which would be a tombstone"
    assert (shorter.key, shorter.id, shorter.partition) == (b"key", letter.id, 3)
    assert shorter.headers == [
        *letter.headers,
        ("dlq.payload_sha256", hashlib.sha256(b"v" * 5_000_000).hexdigest().encode()),
        ("dlq.payload_bytes", b"5000000"),
        ("dlq.payload_at", b"kept_payloads/memories-3-42-066e2b1ee599a3c8"),
    ]


def test_then_the_records_own_headers_and_nothing_of_ours() -> None:
    big = record(headers=[("h", b"h" * 100_000), ("dlq.note", b"not ours"), ("n", None)])
    letter = without_payload(write(big), big)
    shorter = without_headers(letter, big)
    assert names(shorter) == [*names(letter)[3:], Header.PAYLOAD_WITHOUT]
    assert dict(shorter.headers)[Header.PAYLOAD_WITHOUT] == b"headers"
    assert shorter.key == b"key"


def test_a_large_key_goes_with_the_headers() -> None:
    big = record(key=b"k" * 1025, headers=[("h", b"h")])
    shorter = without_headers(write(big), big)
    assert shorter.key is None
    assert dict(shorter.headers)[Header.PAYLOAD_WITHOUT] == b"key,headers"
    lonely = record(key=b"k" * 1024)
    assert without_headers(write(lonely), lonely) == write(lonely), "nothing to leave out"


def test_last_go_stack_trace_and_field_errors() -> None:
    shorter = dict(without_details(write(record(), text="long " * 20), record()).headers)
    assert shorter[Header.CONNECT_STACKTRACE] == "…".encode()
    (entry,) = json.loads(shorter[Header.ERRORS] or b"")
    assert entry["code"] == "more_errors"
    assert shorter[Header.CONNECT_MESSAGE] == b"long " * 20


def test_what_is_short_already_is_not_made_longer() -> None:
    letter = write(record(), text="x", errors=())
    assert without_details(letter, record()) == letter


def test_the_shortest_letter_for_anything_takes_twelve_kilobytes() -> None:
    huge = record(key=b"k" * 1024, value=b"v" * 1_000_000, headers=[("h", b"h" * 100_000)])
    letter = write(huge, text="é" * 100_000, errors=(ERROR,) * 1_000)
    for shorten in SHORTENINGS:
        letter = shorten(letter, huge)
    assert letter.size < 12_000
