"""How each of Avro's types looks in JSON: one small class a kind of type.

Reading turns parsed JSON into the raw form: moments out of ISO 8601, numbers as floats, a field left out as its
default. A fault is noted with its path and reading goes on, so that all of them come out at once; the value is then
left as it came.
"""

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from math import inf
from typing import Any, Final, Protocol

from consumer.memory import wording
from consumer.memory.field_errors import NOTHING, FieldError, Location
from consumer.memory.moments import from_iso, is_in_calendar

Faults = list[FieldError]

NO_DEFAULT: Final = object()

ENOUGH = 1_000
"""Past so many faults a list is read no further: half a million take long to be worded, and whoever sends them may mean
just that."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class Shape(Protocol):
    """One type of the schema."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The value in raw form; notes what does not fit."""


class Text:
    """A string."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The same text. Half a surrogate pair, which JSON can say, is no text."""
        if not isinstance(value, str):
            faults.append(wording.NOT_A_TEXT.error(at, value))
        elif not value.isascii() and _SURROGATE.search(value):
            faults.append(wording.NOT_UNICODE.error(at, value))
        return value


class Number:
    """A double."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The number as a float; one too large for that becomes infinite."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            faults.append(wording.NOT_A_NUMBER.error(at, value))
            return value
        try:
            return float(value)
        except OverflowError:
            return inf if value > 0 else -inf


class Flag:
    """A boolean."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The same."""
        if not isinstance(value, bool):
            faults.append(wording.NOT_A_FLAG.error(at, value))
        return value


class Moment:
    """A timestamp in microseconds; ISO 8601 in JSON."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """Microseconds since 1970."""
        try:
            micros = from_iso(value)
        except (TypeError, ValueError):
            faults.append(wording.NOT_A_MOMENT.error(at, value))
            return value
        if not is_in_calendar(micros):
            faults.append(wording.NOT_IN_CALENDAR.error(at, value))
            return value
        return micros


@dataclass(slots=True, frozen=True)
class Symbol:
    """An enum."""

    symbols: tuple[str, ...]

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The same."""
        if not isinstance(value, str) or value not in self.symbols:
            faults.append(wording.UNKNOWN_SYMBOL.error(at, value, expected=_listed(self.symbols, "or")))
        return value


@dataclass(slots=True, frozen=True)
class Nullable:
    """A union of null and one other type: null, or the plain value."""

    inner: Shape

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """None, or the value as the other type reads it."""
        return None if value is None else self.inner.read(value, at, faults)


@dataclass(slots=True, frozen=True)
class ListOf:
    """An array."""

    items: Shape

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """Each item read."""
        if not isinstance(value, list):
            faults.append(wording.NOT_A_LIST.error(at, value))
            return value
        read = []
        for index, item in enumerate(value):
            if len(faults) >= ENOUGH:
                break
            read.append(self.items.read(item, (*at, index), faults))
        return read


@dataclass(slots=True, frozen=True)
class MapOf:
    """A map; its keys are texts."""

    values: Shape

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """Each value read."""
        if not isinstance(value, dict):
            faults.append(wording.NOT_AN_OBJECT.error(at, value))
            return value
        key = Text()
        return {key.read(k, (*at, k), faults): self.values.read(v, (*at, k), faults) for k, v in value.items()}


@dataclass(slots=True, frozen=True)
class Field:
    """A field of a record, with its default or `NO_DEFAULT`."""

    shape: Shape
    default: Any


@dataclass(slots=True, frozen=True)
class Object:
    """A record."""

    fields: Mapping[str, Field]

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """Every field of the schema and no other: given, or by default. One that is missing and has none stays out."""
        if not isinstance(value, dict):
            faults.append(wording.NOT_AN_OBJECT.error(at, value))
            return value
        for name in islice(value.keys() - self.fields.keys(), ENOUGH):
            faults.append(_unknown(name, (*at, name), value[name], self.fields))
        raw = {}
        for name, field in self.fields.items():
            if name in value:
                raw[name] = field.shape.read(value[name], (*at, name), faults)
            elif field.default is NO_DEFAULT:
                faults.append(wording.MISSING.error((*at, name), NOTHING))
            else:
                raw[name] = copy.copy(field.default)
        return raw


def record_in(shape: Shape) -> Object:
    """The record that the shape is, or of which it is a union with null."""
    record = shape.inner if isinstance(shape, Nullable) else shape
    assert isinstance(record, Object), "only records have fields"
    return record


_PRIMITIVES: Mapping[str, Shape] = {"string": Text(), "double": Number(), "boolean": Flag()}
_LOGICAL: Mapping[str, Shape] = {"timestamp-micros": Moment(), "uuid": Text()}


def shape_of(schema: Any) -> Shape:
    """The shape of a schema as it is published. Raises `ValueError` for a type that events don't use."""
    return _shape(schema, dict(_PRIMITIVES))


def _shape(schema: Any, named: dict[str, Shape]) -> Shape:
    match schema:
        case str() if schema in named:
            return named[schema]
        case ["null", inner]:
            return Nullable(_shape(inner, named))
        case {"logicalType": logical} if logical in _LOGICAL:
            return _LOGICAL[logical]
        case {"type": "enum" | "record"}:
            return named.setdefault(schema["name"], _named(schema, named))
        case {"type": "array", "items": items}:
            return ListOf(_shape(items, named))
        case {"type": "map", "values": values}:
            return MapOf(_shape(values, named))
    raise ValueError(f"events have no type like {schema!r}")


def _named(schema: Mapping[str, Any], named: dict[str, Shape]) -> Shape:
    if schema["type"] == "enum":
        return Symbol(tuple(schema["symbols"]))
    return Object({field["name"]: _field(field, named) for field in schema["fields"]})


def _field(field: Mapping[str, Any], named: dict[str, Shape]) -> Field:
    return Field(_shape(field["type"], named), field.get("default", NO_DEFAULT))


def _unknown(name: str, at: Location, value: Any, known: Iterable[str]) -> FieldError:
    close = get_close_matches(str(name)[:100], known, n=1)  # whoever calls us from Python may have other keys
    advice = f"Did you mean {close[0]}?" if close else "Leave the field out, or put it into memory.metadata."
    return wording.UNKNOWN_FIELD.error(at, value, fields=_listed(known, "and"), advice=advice)


def _listed(names: Iterable[str], joined: str) -> str:
    *all_but_last, last = names
    return f"{', '.join(all_but_last)} {joined} {last}" if all_but_last else last
