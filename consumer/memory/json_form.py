"""The JSON form of an event: one line, the Avro schema's names, moments in ISO 8601 with Z, enums as their symbols.

A field left out takes the schema's default; an unknown one is an error, and so is a value of another type: nothing is
guessed. `read_raw` asks only that Avro can say it; `read_event` holds it to all rules.
"""

import json
from functools import cache
from typing import Any

from consumer.memory.contract import current_schema
from consumer.memory.field_errors import FieldErrors, at_most
from consumer.memory.json_text import NotJson, parse
from consumer.memory.model import MemoryEvent
from consumer.memory.moments import to_iso
from consumer.memory.raw_form import Raw, document
from consumer.memory.shapes import Faults, Shape, shape_of
from consumer.memory.validation import validate


def read_raw(line: bytes) -> Raw | FieldErrors:
    """The event in raw form, fit to be encoded though it may break rules; or all that keeps it from being encoded."""
    raw, faults = _shaped(line)
    return at_most(faults) or raw


def read_event(line: bytes) -> MemoryEvent | FieldErrors:
    """The event, or all that is wrong with it."""
    raw, faults = _shaped(line)
    if not faults:
        return validate(raw)
    return at_most(faults + _further(raw, faults))


def write_event(event: MemoryEvent) -> str:
    """The event as one line of JSON, without its end."""
    return json.dumps(document(event, to_iso), ensure_ascii=False, separators=(",", ":"))


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
    """The shape of a whole event, of which every part can be had."""
    return shape_of(current_schema())


def _further(raw: Any, faults: Faults) -> Faults:
    """What the rules find besides the faults: nothing at a path that has its fault already, nor inside it."""
    checked = validate(raw) if isinstance(raw, dict) else ()
    if isinstance(checked, MemoryEvent):
        return []
    paths = {fault.path for fault in faults}
    return [error for error in checked if not any(_is_within(error.path, path) for path in paths)]


def _is_within(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))
