"""The JSON form of an event: one line, the Avro schema's names, moments in ISO 8601 with Z, enums as their symbols.

A field left out takes the schema's default; an unknown one is an error, and so is a value of another type: nothing is
guessed. `read_raw` asks only that Avro can say it; `read_event` holds it to all rules.
"""

import json
from collections import Counter
from functools import cache
from typing import Any

from consumer.memory import wording
from consumer.memory.contract import current_schema
from consumer.memory.field_errors import NOTHING, FieldErrors, at_most
from consumer.memory.model import MemoryEvent
from consumer.memory.moments import to_iso
from consumer.memory.raw_form import Raw, document
from consumer.memory.shapes import Faults, Shape, shape_of
from consumer.memory.validation import validate
from consumer.records import FieldError


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


class _DuplicateKey(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _shaped(line: bytes) -> tuple[Any, Faults]:
    """The raw form as far as it goes, and what does not fit the schema's types."""
    try:
        parsed = _decoder.decode(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return None, [_not_json(error)]
    faults: Faults = []
    return _event_shape().read(parsed, (), faults), faults


def _not_json(error: ValueError | RecursionError) -> FieldError:
    match error:
        case UnicodeDecodeError():
            return wording.INVALID_UTF8.error((), NOTHING, byte=error.start + 1)
        case _DuplicateKey():
            return wording.DUPLICATE_KEY.error((error.key,), NOTHING)
        case json.JSONDecodeError():
            problem = f"{error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
        case RecursionError():
            problem = "it is nested too deeply"
        case _:
            problem = "it holds a number of too many digits"
    return wording.NOT_JSON.error((), NOTHING, problem=problem)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _DuplicateKey(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return fields


_decoder = json.JSONDecoder(object_pairs_hook=_unique)


@cache
def _event_shape() -> Shape:
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
