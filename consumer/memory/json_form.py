"""The JSON form of an event: one line, the Avro schema's names, moments in ISO 8601 with Z, enums as their symbols.

A field left out takes the schema's default; an unknown one is an error, and so is a value of another type: nothing is
guessed. `read_raw` asks only that Avro can say it, and that moments are in the calendar; `read_event` holds it to all
rules.
"""

import json
from collections.abc import Sequence
from functools import cache, reduce
from typing import Any

from consumer.memory.contract import current_schema
from consumer.memory.field_errors import FieldErrors, at_most, path
from consumer.memory.json_text import NotJson, parse
from consumer.memory.model import MemoryEvent
from consumer.memory.moments import to_iso
from consumer.memory.raw_form import Raw, document
from consumer.memory.shapes import Faults, Shape, record_in, shape_of
from consumer.memory.validation import validate


def read_raw(line: bytes) -> Raw | FieldErrors:
    """The event in raw form, fit to be encoded though it may break rules; or all that keeps it from being encoded."""
    raw, faults = _shaped(line)
    return at_most(faults) or raw


def read_event(line: bytes) -> MemoryEvent | FieldErrors:
    """The event, or all that is wrong with it."""
    return _held_to_rules(*_shaped(line))


def read_document(parsed: Any) -> MemoryEvent | FieldErrors:
    """The same of JSON that is parsed. Takes anything."""
    faults: Faults = []
    return _held_to_rules(event_shape().read(parsed, (), faults), faults)


def read_part(value: Any, at: Sequence[str]) -> tuple[Any, FieldErrors]:
    """A parsed part of an event in raw form, and all that is wrong with it. Takes anything.

    `at`: the names of the fields that lead to it, which is an object. What only another part could tell is not asked.
    """
    faults: Faults = []
    raw = record_in(part_of_event(*at)).read(value, at, faults)
    whole = reduce(lambda inner, name: {name: inner}, reversed(at), raw)
    inside = path(at)
    further = [error for error in _further(whole, faults) if not error.path or _is_within(error.path, inside)]
    return raw, at_most(faults + further)


def write_event(event: MemoryEvent) -> str:
    """The event as one line of JSON, without its end."""
    return json.dumps(document(event, to_iso), ensure_ascii=False, separators=(",", ":"))


def _held_to_rules(raw: Any, faults: Faults) -> MemoryEvent | FieldErrors:
    if not faults:
        return validate(raw)
    return at_most(faults + _further(raw, faults))


def _shaped(line: bytes) -> tuple[Any, Faults]:
    """The raw form as far as it goes, and what does not fit the schema's types."""
    try:
        parsed = parse(line)
    except NotJson as error:
        return None, [error.fault]
    faults: Faults = []
    return event_shape().read(parsed, (), faults), faults


@cache
def event_shape() -> Shape:
    """The shape of a whole event."""
    return shape_of(current_schema())


def part_of_event(*names: str) -> Shape:
    """The shape of a part of an event as it is published: `part_of_event("memory", "tags")`."""
    shape = event_shape()
    for name in names:
        shape = record_in(shape).fields[name].shape
    return shape


def _further(raw: Any, faults: Faults) -> Faults:
    """What the rules find besides the faults: nothing at a path that has its fault already, nor inside it."""
    checked = validate(raw) if isinstance(raw, dict) else ()
    if isinstance(checked, MemoryEvent):
        return []
    paths = {fault.path for fault in faults}
    return [error for error in checked if not any(_is_within(error.path, path) for path in paths)]


def _is_within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
