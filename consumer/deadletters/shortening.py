"""A letter that its topic refuses for its size, made smaller. Pure.

First goes what the database keeps, value before headers; then what nobody keeps, but a person can do without. What is
left is a few kilobytes: a topic that takes 12 KB takes a letter for any record.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from consumer.deadletters.headers import ERROR_HEADERS, Header
from consumer.deadletters.letter import Letter
from consumer.records import KeptPayload, Record

KEPT_KEY_BYTES = 1024
"""The most of a key that a letter without the record's headers repeats: far more than an id has."""

_LEFT_OUT = b'[{"path": "", "message": "errors left out: the letter would be too large", "code": "more_errors"}]'
_SHORTENED: Mapping[str, bytes] = {Header.CONNECT_STACKTRACE: "…".encode(), Header.ERRORS: _LEFT_OUT}


def without_payload(letter: Letter, record: Record) -> Letter:
    """The letter without the record's value; it says where that is kept.

    The value is empty rather than null: a null would be a tombstone where the topic is compacted.
    """
    value = record.value or b""
    where = [
        (Header.PAYLOAD_SHA256, hashlib.sha256(value).hexdigest().encode()),
        (Header.PAYLOAD_BYTES, str(len(value)).encode()),
        (Header.PAYLOAD_AT, f"kept_payloads/{KeptPayload(record).id}".encode()),
    ]
    return replace(letter, value=b"", headers=[*letter.headers, *where])


def without_headers(letter: Letter, record: Record) -> Letter:
    """The letter without the record's own headers, and without its key where that is large; it says what it lacks."""
    ours = [(name, value) for name, value in letter.headers if name in ERROR_HEADERS]
    is_keyless = len(record.key or b"") > KEPT_KEY_BYTES
    lacks = [*(["key"] if is_keyless else []), *(["headers"] if len(ours) < len(letter.headers) else [])]
    if lacks:
        ours.append((Header.PAYLOAD_WITHOUT, ",".join(lacks).encode()))
    return replace(letter, key=None if is_keyless else letter.key, headers=ours)


def without_details(letter: Letter, _: Record) -> Letter:
    """The letter without stack trace and field errors. Its message still says what is wrong."""
    return replace(letter, headers=[(name, _shortened(name, value)) for name, value in letter.headers])


SHORTENINGS: Sequence[Callable[[Letter, Record], Letter]] = (without_payload, without_headers, without_details)
"""One after the other, until the topic takes the letter: each goes on from the one before."""


def _shortened(name: str, value: bytes | None) -> bytes | None:
    shorter = _SHORTENED.get(name, value)
    return shorter if len(shorter or b"") < len(value or b"") else value
