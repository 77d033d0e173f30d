"""How the values of old forms look in JSON, where that differs from events. See `consumer.memory.shapes`."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any

from consumer.memory import wording
from consumer.memory.field_errors import NOTHING, Location
from consumer.memory.json_text import NotJson, parse
from consumer.memory.legacy import wording as old_wording
from consumer.memory.moments import is_in_calendar, to_micros
from consumer.memory.shapes import ENOUGH, Faults, Shape, Text

_TEXT = Text()
_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"([T ](?P<time>\d\d:\d\d(:\d\d(\.\d{1,6})?)?)(?P<zone>Z|[+-]\d\d(:?\d\d)?)?)?",
    re.ASCII,
)


class Id:
    """An id: a text, or a whole number as databases count them."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """As text."""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            faults.append(old_wording.NOT_AN_ID.error(at, value))
            return value
        return _TEXT.read(value, at, faults)


class OldMoment:
    """A date, or a date and time, in ISO 8601. Without a zone it is in UTC; a date alone is its first moment."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """Microseconds since 1970."""
        try:
            micros = _micros(value)
        except (TypeError, ValueError):
            faults.append(old_wording.NOT_AN_OLD_MOMENT.error(at, value))
            return value
        if not is_in_calendar(micros):
            faults.append(wording.NOT_IN_CALENDAR.error(at, value))
            return value
        return micros


def _micros(text: str) -> int:
    """Raises `TypeError` or `ValueError` for what is no moment."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a moment as old forms write it")
    moment = datetime.fromisoformat(text)
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def without_zone(text: str) -> tuple[str, str] | None:
    """The remark on a moment that has no zone."""
    match = _MOMENT.fullmatch(text)
    return ("no_zone", "has no zone, and counts as UTC") if match and not match["zone"] else None


@dataclass(slots=True, frozen=True)
class Between:
    """A number within bounds."""

    least: float
    most: float

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The same."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            faults.append(wording.NOT_A_NUMBER.error(at, value))
        elif isinstance(value, float) and not isfinite(value):
            faults.append(wording.NOT_FINITE.error(at, value))
        elif value < self.least:
            faults.append(wording.TOO_LOW.error(at, value, ge=self.least))
        elif value > self.most:
            faults.append(wording.TOO_HIGH.error(at, value, le=self.most))
        return value


class Score:
    """A number from 0 to 10: 0 does not mean that there is none."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """A share, from 0 to 1: a tenth of the number, to the last digit."""
        found: Faults = []
        number = _TO_TEN.read(value, at, found)
        faults += found
        return number if found else float(Decimal(repr(number)) / 10)


class WholeScore:
    """A whole number from 0 to 10."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """A share, from 0 to 1: a tenth of the number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return _SCORE.read(value, at, faults)
        faults.append(old_wording.NOT_WHOLE.error(at, value))
        return value


_TO_TEN = Between(0, 10)
_SCORE = Score()


def score_of(share: float) -> int | float:
    """The number from 0 to 10 of which the share is a tenth."""
    tenfold = Decimal(repr(share)) * 10
    return int(tenfold) if tenfold == tenfold.to_integral_value() else float(tenfold)


class AnyValue:
    """Any JSON value."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """A text as it is, anything else as its JSON."""
        if isinstance(value, str):
            return _TEXT.read(value, at, faults)
        try:
            return compact(value)
        except ValueError:
            faults.append(wording.NOT_FINITE.error(at, value))
            return value


class Metadata:
    """A map of anything, but for the names that conversions use."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """A map of texts."""
        if not isinstance(value, dict):
            faults.append(wording.NOT_AN_OBJECT.error(at, value))
            return value
        reserved = islice(filter(is_reserved, value), ENOUGH)
        faults += [old_wording.RESERVED_NAME.error((*at, name), NOTHING) for name in reserved]
        return {_TEXT.read(k, (*at, k), faults): _ANY.read(v, (*at, k), faults) for k, v in value.items()}


_ANY = AnyValue()
RESERVED = "legacy."


def is_reserved(name: str) -> bool:
    """Whether a name in metadata is one of those that conversions use."""
    return name.startswith(RESERVED)


@dataclass(slots=True, frozen=True)
class JsonText:
    """A text that holds JSON."""

    inner: Shape

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """What the JSON says, as its own shape reads it; null is None."""
        if not isinstance(value, str):
            faults.append(wording.NOT_A_TEXT.error(at, value))
            return value
        try:
            held = parse(value)
        except NotJson as error:
            faults.append(old_wording.NOT_JSON_INSIDE.error(at, value, problem=error.problem))
            return value
        return None if held is None else self.inner.read(held, at, faults)


def compact(value: object) -> str:
    """JSON in ASCII, without spaces, names in order. Raises `ValueError` for NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
