"""A decoded event into a checked one, or all that is wrong with it.

What comes in is the raw form of `consumer.memory.raw_form`. pydantic checks each field by the rules beside it in
`consumer.memory.model`; rules between fields are checked here, also where single fields are wrong, so that a publisher
hears of everything at once.
"""

from collections.abc import Container, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, SchemaValidator

from consumer.memory.field_errors import FieldError, FieldErrors, Location, at_most
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import Raw
from consumer.memory.rules import explain
from consumer.memory.wording import MEMORY_MISSING, MEMORY_ON_DELETION, SAME_PARTICIPANT, UNKNOWN_PARTICIPANT

MANY = 1_000
"""Past so many errors only the first wrong item of each list is told: half a million errors take long to be worded,
and whoever sends them may mean just that."""

_ADAPTER = TypeAdapter(MemoryEvent)
_check_fields = _ADAPTER.validator.validate_python


def validate(raw: Raw) -> MemoryEvent | FieldErrors:
    """The event, or every field error of it, never none. Past a hundred the rest is left out, and it says so."""
    try:
        event: MemoryEvent = _check_fields(raw)
    except ValidationError as refused:
        return at_most(chain(map(explain, _details(raw, refused)), contradictions(raw)))
    return event if _agrees_with_itself(event) else at_most(contradictions(raw))


def _agrees_with_itself(event: MemoryEvent) -> bool:
    """Whether there are no contradictions. Says nothing of what they are, and so is the quicker."""
    memory = event.memory
    if memory is None or event.event_type == "DELETED":
        return memory is None and event.event_type == "DELETED"
    if (relationships := memory.relationship_dynamics) is None:
        return True
    known = {participant["id"] for participant in memory.participants}
    for dynamic in relationships["participant_dynamics"]:
        first, second = dynamic["participants"]
        if first == second or first not in known or second not in known:
            return False
    return True


def _details(raw: Raw, refused: ValidationError) -> list[ErrorDetails]:
    if refused.error_count() > MANY:
        try:
            _brief_validator().validate_python(raw)
        except ValidationError as briefly:
            refused = briefly
    return refused.errors(include_url=False)


@cache
def _brief_validator() -> SchemaValidator:
    """Finds fault with the same events, but stops at the first wrong item of a list."""
    return SchemaValidator(_fail_fast(_ADAPTER.core_schema))


def _fail_fast(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_fail_fast(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: _fail_fast(part) for key, part in schema.items()}
    return {**parts, "fail_fast": True} if schema.get("type") == "list" else parts


def contradictions(raw: Mapping[str, Any]) -> Iterator[FieldError]:
    """What is wrong between fields, each of which may be right. Takes anything: fields may be missing or wrong."""
    memory = raw.get("memory")
    if memory is None:
        if "memory" in raw and raw.get("event_type") in ("CREATED", "UPDATED"):
            yield MEMORY_MISSING.error(("memory",), None)
    elif raw.get("event_type") == "DELETED":
        yield MEMORY_ON_DELETION.error(("memory",), memory)
    if isinstance(memory, dict) and isinstance(relationships := memory.get("relationship_dynamics"), dict):
        yield from _wrong_pairs(relationships.get("participant_dynamics"), memory.get("participants"))


def _wrong_pairs(dynamics: object, participants: object) -> Iterator[FieldError]:
    known = None  # without a list of participants nobody can tell
    if dynamics and isinstance(participants, list):
        known = {person.get("id") for _, person in _objects(participants) if isinstance(person.get("id"), str)}
    for index, dynamic in _objects(dynamics):
        pair = dynamic.get("participants")
        if isinstance(pair, list):
            location = ("memory", "relationship_dynamics", "participant_dynamics", index, "participants")
            yield from _wrong_pair(location, pair, known)


def _wrong_pair(location: Location, pair: list[Any], known: Container[Any] | None) -> Iterator[FieldError]:
    for position, name in enumerate(pair):
        if known is not None and isinstance(name, str) and name not in known:
            yield UNKNOWN_PARTICIPANT.error((*location, position), name)
    if len(pair) == 2 and isinstance(pair[0], str) and pair[0] == pair[1]:
        yield SAME_PARTICIPANT.error(location, pair[0])


def _objects(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(value, list):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, dict))
