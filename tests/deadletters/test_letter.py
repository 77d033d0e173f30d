"""What a dead letter says."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from consumer.deadletters.headers import Header
from consumer.deadletters.letter import (
    ERRORS_BYTES,
    STACKTRACE_BYTES,
    TEXT_BYTES,
    Letter,
    Sender,
    write_letter,
)
from consumer.memory.field_errors import FieldError
from consumer.records import Category, Headers, Record, Rejection, Stage, TopicPartition

NOW = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)
SENDER = Sender("group", "client-1")
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def record(*, key: bytes | None = b"key", value: bytes | None = b"\x00\xff", headers: Headers = ()) -> Record:
    return Record(TopicPartition("memories", 3), 42, key, value, headers, 1_700_000_000_123)


REJECTION = Rejection(
    record(headers=[("traceparent", b"upstream"), ("n", None), ("traceparent", b"again")]),
    Category.VALIDATION,
    "too_long",
    "memory.content is too long",
    "Shorten it.",
    Stage.TRANSFORMATION,
    errors=(FieldError("memory.content", "is too long", "«50001 characters»", "at most 50000", "too_long", "Shorten"),),
    schema_id=7,
    exception_class="builtins.ValueError",
    stacktrace="Traceback\n  here",
)


def write(rejection: Rejection = REJECTION, traceparent: str | None = TRACEPARENT) -> Letter:
    return write_letter(rejection, SENDER, NOW, traceparent)


def headers_of(letter: Letter) -> dict[str, bytes | None]:
    return dict(letter.headers)


def test_the_record_is_untouched_and_the_headers_are_these() -> None:
    letter = write()
    assert (letter.key, letter.value, letter.partition, letter.id) == (b"key", b"\x00\xff", 3, "memories-3-42")
    assert letter.headers == [
        ("traceparent", b"upstream"),
        ("n", None),
        ("traceparent", b"again"),
        ("__connect.errors.topic", b"memories"),
        ("__connect.errors.partition", b"3"),
        ("__connect.errors.offset", b"42"),
        ("__connect.errors.connector.name", b"memory-consumer"),
        ("__connect.errors.task.id", b"client-1"),
        ("__connect.errors.stage", b"TRANSFORMATION"),
        ("__connect.errors.class.name", b"consumer.planning.Planner"),
        ("__connect.errors.exception.class.name", b"builtins.ValueError"),
        ("__connect.errors.exception.message", b"memory.content is too long"),
        ("__connect.errors.exception.stacktrace", b"Traceback\n  here"),
        ("dlq.id", b"memories-3-42"),
        ("dlq.category", b"validation"),
        ("dlq.code", b"too_long"),
        ("dlq.advice", b"Shorten it."),
        ("dlq.attempts", b"1"),
        ("dlq.first_failed_at", b"2026-03-04T05:06:07.089Z"),
        ("dlq.failed_at", b"2026-03-04T05:06:07.089Z"),
        ("dlq.group", b"group"),
        ("dlq.errors", headers_of(letter)["dlq.errors"]),
        ("dlq.schema_id", b"7"),
        ("dlq.timestamp", b"1700000000123"),
        ("dlq.traceparent", TRACEPARENT.encode()),
    ]
    assert json.loads(headers_of(letter)["dlq.errors"] or b"") == [
        {
            "path": "memory.content",
            "message": "is too long",
            "value": "«50001 characters»",
            "expected": "at most 50000",
            "code": "too_long",
            "advice": "Shorten",
        }
    ]


def test_what_is_not_known_is_left_out() -> None:
    bare = replace(REJECTION, record=record()._replace(timestamp_ms=-1), schema_id=None, errors=())
    headers = headers_of(write(bare, traceparent=None))
    assert not headers.keys() & {Header.SCHEMA_ID, Header.TIMESTAMP, Header.TRACEPARENT}
    assert headers[Header.ERRORS] == b"[]"


def test_a_rejection_without_an_exception_names_itself() -> None:
    headers = headers_of(write(replace(REJECTION, exception_class="", stacktrace="")))
    assert headers[Header.CONNECT_EXCEPTION] == b"consumer.records.Rejection"
    assert headers[Header.CONNECT_STACKTRACE] == b""


@pytest.mark.parametrize(
    ("stage", "failing"),
    [
        (Stage.VALUE_CONVERTER, b"consumer.ports.Decoder"),
        (Stage.TRANSFORMATION, b"consumer.planning.Planner"),
        (Stage.TASK_PUT, b"consumer.ports.Store"),
    ],
)
def test_the_stage_says_what_failed(stage: Stage, failing: bytes) -> None:
    headers = headers_of(write(replace(REJECTION, stage=stage)))
    assert headers[Header.CONNECT_STAGE] == stage.encode()
    assert headers[Header.CONNECT_CLASS] == failing


def test_a_letter_that_fails_again_sheds_the_earlier_failure_and_counts_it() -> None:
    first = write()
    replayed = record(headers=[("mine", b"1"), *first.headers, ("dlq.retry_after", b"5"), ("dlq.note", b"not ours")])
    later = datetime(2026, 3, 5, tzinfo=UTC)

    again = write_letter(replace(REJECTION, record=replayed, code="other"), SENDER, later, None)

    assert [name for name, _ in again.headers].count(Header.CODE) == 1
    assert again.headers[:5] == [
        ("mine", b"1"),
        ("traceparent", b"upstream"),
        ("n", None),
        ("traceparent", b"again"),
        ("dlq.note", b"not ours"),
    ]
    headers = headers_of(again)
    assert headers[Header.ATTEMPTS] == b"2"
    assert headers[Header.FIRST_FAILED_AT] == b"2026-03-04T05:06:07.089Z"
    assert headers[Header.FAILED_AT] == b"2026-03-05T00:00:00.000Z"
    assert headers[Header.CODE] == b"other"
    assert headers[Header.TIMESTAMP] == b"1700000000123"
    assert not headers.keys() & {Header.TRACEPARENT, Header.RETRY_AFTER}


@pytest.mark.parametrize("attempts", [None, b"", b"many", b"-1", b"0", b"1000000", b"9" * 5000, "²".encode()])
def test_an_absurd_count_of_attempts_is_not_believed(attempts: bytes | None) -> None:
    assert _told({Header.ATTEMPTS: attempts}) == (b"1", b"2026-03-04T05:06:07.089Z")


@pytest.mark.parametrize(
    "moment",
    [
        *(None, b"", b"yesterday", b"\xff", b"9" * 5000),
        *(b"2026-03-04", b"2026-03-04T05:06:07", b"2026-13-01T00:00:00Z"),
        *(b"2026-03-04T05:06:07.090Z", b"9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_first_failure_in_no_time_or_in_the_future_is_not_believed(moment: bytes | None) -> None:
    assert _told({Header.FIRST_FAILED_AT: moment}) == (b"1", b"2026-03-04T05:06:07.089Z")


def test_an_earlier_failure_that_can_be_true_is_believed() -> None:
    assert _told({}) == (b"8", b"2026-03-01T00:00:00Z")
    assert _told({Header.ATTEMPTS: b"999999"}) == (b"1000000", b"2026-03-01T00:00:00Z")
    assert _told({Header.FIRST_FAILED_AT: b"0001-01-01T00:00:00+14:00"}) == (b"8", b"0001-01-01T00:00:00+14:00")


@pytest.mark.parametrize("timestamp", [None, b"", b"noon", b"-1", b"9" * 5000])
def test_an_absurd_timestamp_is_not_taken_over(timestamp: bytes | None) -> None:
    letter = write(replace(REJECTION, record=record(headers=[(Header.TIMESTAMP, timestamp)])))
    assert headers_of(letter)[Header.TIMESTAMP] == b"1700000000123"


def _told(forged: dict[str, bytes | None]) -> tuple[bytes | None, bytes | None]:
    """Count and first moment of a letter whose record tells of seven failures, some of it changed."""
    told = {Header.ATTEMPTS: b"7", Header.FIRST_FAILED_AT: b"2026-03-01T00:00:00Z", **forged}
    headers = headers_of(write(replace(REJECTION, record=record(headers=list(told.items())))))
    return headers[Header.ATTEMPTS], headers[Header.FIRST_FAILED_AT]


def test_texts_and_traces_are_cut_between_characters() -> None:
    headers = headers_of(write(replace(REJECTION, message="é" * 100_000, stacktrace="…" * 100_000)))
    for name, limit in ((Header.CONNECT_MESSAGE, TEXT_BYTES), (Header.CONNECT_STACKTRACE, STACKTRACE_BYTES)):
        text = (headers[name] or b"").decode()
        assert limit - 4 < len(text.encode()) <= limit
        assert text.endswith("…")


def test_more_errors_than_fit_are_counted() -> None:
    error = FieldError("tags", "too many", "x" * 100, "fewer", "too_many", "Fewer.")
    headers = headers_of(write(replace(REJECTION, errors=(error,) * 1000)))
    listed = json.loads(headers[Header.ERRORS] or b"")
    assert len(headers[Header.ERRORS] or b"") < ERRORS_BYTES + 200
    assert len(listed) > 50
    assert listed[-1]["message"] == f"{1000 - (len(listed) - 1)} more errors left out"


def test_lone_surrogates_are_written_out() -> None:
    error = FieldError("a", "b", "\udc80", "c", "d", "e")
    headers = headers_of(write(replace(REJECTION, message="bad \udc80", errors=(error,))))
    assert headers[Header.CONNECT_MESSAGE] == b"bad \\udc80"
    assert json.loads(headers[Header.ERRORS] or b"")[0]["value"] == "\udc80"


def test_a_letter_is_never_smaller_than_it_says() -> None:
    letter = write()
    on_the_wire = sum(len(name) + len(value or b"") for name, value in letter.headers) + len(b"key") + 2
    assert letter.size > on_the_wire
