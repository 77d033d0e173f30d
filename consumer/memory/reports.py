"""What can be said of an event, a memory, or a part of one, that comes in the JSON form: for whoever asks by hand.

Every function takes anything that JSON can say, parsed, and never raises for it. Paths begin at what was given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from consumer.memory.cautions import CAUTIONS
from consumer.memory.field_errors import FieldErrors, path
from consumer.memory.json_form import read_document, read_part
from consumer.memory.model import Memory
from consumer.memory.quality import (
    components_of,
    mean,
    warnings_of,
    warnings_of_feeling,
    warnings_of_relationship,
)

MEMORY = ("memory",)
EMOTIONAL_CONTEXT = ("memory", "emotional_context")
RELATIONSHIP = ("memory", "relationship_dynamics")


class FieldWarning(NamedTuple):
    """What is doubtful about a field. It is no error: the memory is stored."""

    path: str
    message: str
    code: str
    advice: str


@dataclass(slots=True, frozen=True)
class Report:
    """`score` is the mean of the `components`, each 0 to 1; what has errors, or is deleted, has none of them."""

    errors: FieldErrors = ()
    warnings: tuple[FieldWarning, ...] = ()
    score: float | None = None
    components: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether it would be taken."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        return {
            "is_valid": self.is_valid,
            "score": self.score,
            "components": dict(self.components),
            "errors": [error._asdict() for error in self.errors],
            "warnings": [warning._asdict() for warning in self.warnings],
        }


def validate_event(obj: Any) -> Report:
    """Of a whole event."""
    event = read_document(obj)
    if isinstance(event, tuple):
        return Report(event)
    return Report() if event.memory is None else _assessed(*_told(event.memory))


def validate_memory(obj: Any) -> Report:
    """Of the `memory` of an event, without its envelope."""
    return _part(obj, MEMORY, lambda raw: _told(Memory(**raw)))


def validate_emotional_context(obj: Any) -> Report:
    """Of an `emotional_context` alone."""
    return _part(obj, EMOTIONAL_CONTEXT, lambda felt: (warnings_of_feeling(felt), None))


def validate_relationship(obj: Any) -> Report:
    """Of `relationship_dynamics` alone: whether those it names are participants, only the memory can tell."""
    return _part(obj, RELATIONSHIP, lambda relationship: (warnings_of_relationship(relationship), None))


_Assess = Callable[[Any], tuple[Sequence[str], float | None]]
"""Of a valid part in raw form, the codes of its warnings, and its confidence."""


def _told(memory: Memory) -> tuple[Sequence[str], float | None]:
    return warnings_of(memory), memory.confidence


def _part(obj: Any, at: Sequence[str], assess: _Assess) -> Report:
    raw, errors = read_part(obj, at)
    if errors:
        return Report(tuple(error._replace(path=_inside(error.path, path(at))) for error in errors))
    return _assessed(*assess(raw), part=path(at))


def _assessed(codes: Sequence[str], confidence: float | None, part: str = "") -> Report:
    components = components_of(codes, confidence, part)
    return Report((), warnings_in_words(codes, part), mean(components), components)


def warnings_in_words(codes: Iterable[str], part: str = "") -> tuple[FieldWarning, ...]:
    """Warnings by their codes. `part`: the path at which theirs are to begin."""
    cautions = [CAUTIONS[code] for code in codes]
    return tuple(FieldWarning(_inside(each.path, part), each.message, each.code, each.advice) for each in cautions)


def _inside(inner: str, outer: str) -> str:
    return inner.removeprefix(outer).removeprefix(".")
