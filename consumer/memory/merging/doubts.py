"""Pairs of memories that a person has to look at. Pure.

What is noted of a pair holds for two contents: it lapses when either becomes another or is gone. The moves of a batch
are its turns, so that what is noted and lapses within one batch ends as if each event had come alone.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from consumer.memory.merging.members import Member


class Side(NamedTuple):
    """One of two memories that a person has to look at: a decision holds for this content only."""

    memory_id: str
    digest: bytes


Pair = tuple[Side, Side]
"""Two sides in order of their ids."""


class Doubt(NamedTuple):
    """Two memories that a person has to look at, and why."""

    sides: Pair
    score: float
    reason: str


ACCEPTED, REJECTED = "accepted", "rejected"
"""What a person may decide: the two are one thing, or they are not."""

ALIKE = "alike"
CONTRADICTION = "contradiction"
"""Why a person has to look: alike, but not enough to be taken for one; alike enough, but one says no."""


class Doubts:
    """The doubts of one batch. `decided`: pairs that a person had decided about before it, and whether they are one."""

    def __init__(self, decided: Mapping[Pair, bool] | None = None) -> None:
        self._decided = decided or {}
        self._noted: list[tuple[int, Doubt]] = []
        self._changed: dict[str, int] = {}

    @property
    def changed(self) -> Collection[str]:
        """The memories whose content became another or is gone: what was noted of them before the batch has lapsed."""
        return self._changed.keys()

    def change(self, memory_id: str, turn: int) -> None:
        """The memory's content becomes another at this turn, or is gone."""
        self._changed[memory_id] = turn

    def note(self, doubt: Doubt, turn: int) -> None:
        """Have a person look at it."""
        self._noted.append((turn, doubt))

    @property
    def has_decisions(self) -> bool:
        """Whether there are any."""
        return bool(self._decided)

    def decided_about(self, side: Side) -> dict[str, bool]:
        """The memories that a person saw beside this, and whether they are one thing. None has changed since."""
        return {
            other.memory_id: is_one
            for pair, is_one in self._decided.items()
            if side in pair and not any(each.memory_id in self._changed for each in pair)
            for other in pair
            if other != side
        }

    def kept_apart(self, sides: set[Side]) -> Pair | None:
        """Two of these that a person takes for two things, if there are."""
        return next((pair for pair, is_one in self._decided.items() if not is_one and sides.issuperset(pair)), None)

    def standing(self) -> list[Doubt]:
        """What has not lapsed by the end of the batch. Of two doubts about a pair the earlier stands."""
        first: dict[Pair, Doubt] = {}
        for turn, doubt in sorted(self._noted, key=lambda noted: noted[0]):
            if all(self._changed.get(side.memory_id, turn) <= turn for side in doubt.sides):
                first.setdefault(doubt.sides, doubt)
        return list(first.values())


def in_order(one: Side, other: Side) -> Pair:
    """The two as a pair."""
    return (one, other) if one <= other else (other, one)


def side_of(member: Member) -> Side:
    """The member with its present content, as a side of a pair."""
    return Side(member.memory_id, member.traits.digest)
