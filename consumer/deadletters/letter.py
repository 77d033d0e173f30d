"""A rejection into a dead letter. Pure: the time and the failing span are passed in.

The letter is the record as it was read, key, value and headers untouched and in order, with headers added that say what
went wrong, in Kafka Connect's words and in our own. Whatever of ours could grow without bound is capped; what its topic
refuses all the same is made smaller, see `consumer.deadletters.shortening`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consumer.deadletters.earlier import earlier_failures
from consumer.deadletters.headers import ERROR_HEADERS, Header
from consumer.memory.field_errors import FieldError
from consumer.planning import Planner
from consumer.ports import Decoder, Store
from consumer.records import Headers, Record, Rejection, Stage

CONNECTOR = "memory-consumer"

TEXT_BYTES = 2 * 1024
STACKTRACE_BYTES = 8 * 1024
ERRORS_BYTES = 16 * 1024
"""The most that a message or an advice, a stack trace, and the list of field errors may take."""

RECORD_OVERHEAD_BYTES = 128
"""More than Kafka's framing adds to a batch of one record: 61 bytes for the batch, at most 36 for the record."""

HEADER_OVERHEAD_BYTES = 10
"""The most that the two length prefixes of a header take."""

_FAILING = {Stage.VALUE_CONVERTER: Decoder, Stage.TRANSFORMATION: Planner, Stage.TASK_PUT: Store}


@dataclass(slots=True, frozen=True)
class Sender:
    """Who writes the letter: the consumer group, and the member of it."""

    group: str
    client_id: str


@dataclass(slots=True, frozen=True)
class Letter:
    """What is sent to the dead-letter topic. `id` names the record: two letters of one id are one failure, sent twice.

    `partition` is that of the record; the letter goes to the same one where its topic has as many.
    """

    id: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    partition: int

    @property
    def size(self) -> int:
        """How many bytes a topic must take for it at most, uncompressed and framed."""
        return RECORD_OVERHEAD_BYTES + len(self.key or b"") + len(self.value or b"") + headers_size(self.headers)


def write_letter(rejection: Rejection, sender: Sender, now: datetime, traceparent: str | None) -> Letter:
    """The letter for a rejection. `now` is in UTC; `traceparent` is that of the span in which the record failed."""
    record = rejection.record
    return Letter(
        id=record.name,
        key=record.key,
        value=record.value,
        headers=[
            *_without_earlier_failure(record.headers),
            *_connect_headers(rejection, sender),
            *_own_headers(rejection, sender, now, traceparent),
        ],
        partition=record.source.partition,
    )


def headers_size(headers: Headers) -> int:
    """Bytes that the headers take at most on the wire."""
    return sum(HEADER_OVERHEAD_BYTES + len(name.encode()) + len(value or b"") for name, value in headers)


def _without_earlier_failure(headers: Headers) -> list[tuple[str, bytes | None]]:
    return [(name, value) for name, value in headers if name not in ERROR_HEADERS]


def _connect_headers(rejection: Rejection, sender: Sender) -> list[tuple[str, bytes]]:
    source = rejection.record.source
    failing = _FAILING[rejection.stage]
    return [
        (Header.CONNECT_TOPIC, _text(source.topic)),
        (Header.CONNECT_PARTITION, _text(str(source.partition))),
        (Header.CONNECT_OFFSET, _text(str(rejection.record.offset))),
        (Header.CONNECT_CONNECTOR, _text(CONNECTOR)),
        (Header.CONNECT_TASK, _text(sender.client_id)),
        (Header.CONNECT_STAGE, _text(rejection.stage)),
        (Header.CONNECT_CLASS, _text(_qualified(failing))),
        (Header.CONNECT_EXCEPTION, _text(rejection.exception_class or _qualified(Rejection))),
        (Header.CONNECT_MESSAGE, _text(rejection.message)),
        (Header.CONNECT_STACKTRACE, _text(rejection.stacktrace, STACKTRACE_BYTES)),
    ]


def _own_headers(
    rejection: Rejection, sender: Sender, now: datetime, traceparent: str | None
) -> list[tuple[str, bytes]]:
    earlier = earlier_failures(rejection.record.headers, now)
    failed_at = _text(now.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    headers: list[tuple[str, bytes]] = [
        (Header.ID, _text(rejection.record.name)),
        (Header.CATEGORY, _text(rejection.category)),
        (Header.CODE, _text(rejection.code)),
        (Header.ADVICE, _text(rejection.advice)),
        (Header.ATTEMPTS, _text(str(earlier.attempts + 1))),
        (Header.FIRST_FAILED_AT, earlier.first_failed_at or failed_at),
        (Header.FAILED_AT, failed_at),
        (Header.GROUP, _text(sender.group)),
        (Header.ERRORS, _errors_json(rejection.errors)),
    ]
    if rejection.schema_id is not None:
        headers.append((Header.SCHEMA_ID, _text(str(rejection.schema_id))))
    if timestamp := earlier.timestamp or _timestamp(rejection.record):
        headers.append((Header.TIMESTAMP, timestamp))
    if traceparent:
        headers.append((Header.TRACEPARENT, _text(traceparent)))
    return headers


def _timestamp(record: Record) -> bytes | None:
    return _text(str(record.timestamp_ms)) if record.timestamp_ms >= 0 else None


def _errors_json(errors: Sequence[FieldError]) -> bytes:
    """The field errors as a JSON list. What exceeds the cap is replaced by an entry that counts it."""
    entries: list[bytes] = []
    room = ERRORS_BYTES
    for error in errors:
        entry = _json(error._asdict())
        room -= len(entry) + 1
        if room < 0:
            break
        entries.append(entry)
    if left_out := len(errors) - len(entries):
        entries.append(_json({"path": "", "message": f"{left_out} more errors left out", "code": "more_errors"}))
    return b"[" + b",".join(entries) + b"]"


def _json(value: dict[str, str]) -> bytes:
    # A lone surrogate becomes its \\uXXXX form, which is JSON's own escape.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _text(text: str, limit: int = TEXT_BYTES) -> bytes:
    """UTF-8, of at most so many bytes, cut between characters. A lone surrogate is written out."""
    encoded = text.encode("utf-8", "backslashreplace")
    if len(encoded) <= limit:
        return encoded
    ellipsis = "…".encode()
    return encoded[: limit - len(ellipsis)].decode("utf-8", "ignore").encode() + ellipsis


def _qualified(failing: type) -> str:
    return f"{failing.__module__}.{failing.__qualname__}"
