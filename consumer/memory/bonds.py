"""How two people stand to one another, as memories tell it through time. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consumer.memory.model import DynamicKind, InteractionQuality, RelationshipDynamics


class Reading(NamedTuple):
    """What one memory tells of two people. `strength` is 0 to 1; `kind` is None where the memory tells of a
    relationship that both are part of, and not of this pair."""

    memory_id: str
    owner_id: str
    occurred_at: datetime
    strength: float
    quality: InteractionQuality
    kind: DynamicKind | None


@dataclass(slots=True, frozen=True)
class Course:
    """How the strength went: its mean, and where the straight line that fits best begins and ends.

    Both ends are the mean where all is told of one moment.
    """

    mean: float
    begins: float
    ends: float

    @property
    def change(self) -> float:
        """What the strength has gained from the first moment to the last; less than 0 where it has lost."""
        return self.ends - self.begins


def kind_between(dynamics: RelationshipDynamics, one: str, other: str) -> DynamicKind | None:
    """What a memory calls the pair, in whatever order it names them; of several, the first."""
    named = (each["kind"] for each in dynamics["participant_dynamics"] if {one, other} == set(each["participants"]))
    return next(named, None)


def course_of(readings: Sequence[Reading]) -> Course:
    """The course of at least one reading, in any order."""
    moments = [each.occurred_at.timestamp() for each in readings]
    middle, mean = _mean(moments), _mean(each.strength for each in readings)
    spread = sum((moment - middle) ** 2 for moment in moments)
    if not spread:
        return Course(mean, mean, mean)
    pairs = zip(moments, readings, strict=True)
    slope = sum((moment - middle) * (each.strength - mean) for moment, each in pairs) / spread
    return Course(mean, mean + slope * (min(moments) - middle), mean + slope * (max(moments) - middle))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
