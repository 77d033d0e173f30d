"""Moments in their three forms: microseconds since 1970 (Avro), ISO 8601 with Z (JSON), `datetime` in UTC (here).

Python and PostgreSQL both tell the years 1 to 9999. A 64-bit count of microseconds reaches the year 292277, so what
comes in is checked before it is converted.
"""

import re
from datetime import UTC, datetime, timedelta

from pydantic_core import PydanticCustomError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MICROS = -62_135_596_800_000_000
LAST_MICROS = 253_402_300_799_999_999
RANGE = "0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z"

_MICROSECOND = timedelta(microseconds=1)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def from_micros(value: object) -> datetime:
    """The moment that a count of microseconds stands for, in UTC. Raises as pydantic wants it."""
    if type(value) is not int:
        raise PydanticCustomError("moment_type", "not a count of microseconds")
    try:
        return EPOCH + timedelta(microseconds=value)
    except OverflowError:
        raise PydanticCustomError("moment_range", "no year between 1 and 9999") from None


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - EPOCH) // _MICROSECOND


def from_iso(text: str) -> int:
    """Microseconds since 1970 of a date and time in ISO 8601 with its zone: `2025-06-01T09:30:00.25Z`.

    Raises `ValueError` for anything else, a time without a zone above all: nobody can tell what it means.
    """
    if not _ISO.fullmatch(text):
        raise ValueError("not a date and time in ISO 8601 with a zone")
    return to_micros(datetime.fromisoformat(text))


def is_in_calendar(micros: int) -> bool:
    """Whether `from_micros` takes it. What is written with a zone may be in another year in UTC."""
    return FIRST_MICROS <= micros <= LAST_MICROS


def to_iso(moment: datetime) -> str:
    """ISO 8601 in UTC with Z; microseconds only where there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
