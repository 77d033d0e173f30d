"""What a dead letter that is read again says of the failures before. Pure.

Anybody may set a header, so nothing is taken over that we would not have written ourselves.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from consumer.deadletters.headers import Header
from consumer.memory.moments import from_iso, to_micros
from consumer.records import Headers

MOST_ATTEMPTS = 1_000_000
"""More often than anybody replays a record."""

CARRIED_BYTES = 32
"""The most that a header taken over from an earlier letter may have: a time, or a number."""


class Earlier(NamedTuple):
    """The failures before this one: how many, when the first was, and the time of the record that failed.

    `first_failed_at` and `timestamp` are as the earlier letter wrote them; None where it did not, or absurdly.
    """

    attempts: int = 0
    first_failed_at: bytes | None = None
    timestamp: bytes | None = None


def earlier_failures(headers: Headers, now: datetime) -> Earlier:
    """The failures that a record's headers tell of. A count without a moment that can be true, or a moment without a
    count, is no tale of ours: then this failure is the first. `now` is in UTC."""
    told = {name: value for name, value in headers if value is not None and len(value) <= CARRIED_BYTES}
    timestamp = told.get(Header.TIMESTAMP) if _whole_number(told, Header.TIMESTAMP) is not None else None
    attempts, first_failed_at = _whole_number(told, Header.ATTEMPTS), told.get(Header.FIRST_FAILED_AT, b"")
    if attempts is None or not 1 <= attempts < MOST_ATTEMPTS or not _has_been(first_failed_at, now):
        return Earlier(timestamp=timestamp)
    return Earlier(attempts, first_failed_at, timestamp)


def _whole_number(told: Mapping[str, bytes], name: str) -> int | None:
    value = told.get(name, b"")
    return int(value) if value.isdigit() else None


def _has_been(moment: bytes, now: datetime) -> bool:
    try:
        return from_iso(moment.decode("ascii")) <= to_micros(now)
    except ValueError:
        return False
