"""Moving a group's position on purpose: where to, and what may not be. Pure.

A rewind reads records again; those that were stored end as duplicates. A skip never reads what lies between. Neither
turns into the other by a slip: each is refused in the wrong direction, and both stay between the earliest record of the
partition and its end.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from consumer.errors import Fatal
from consumer.positions import Because, is_ours
from consumer.records import Found, TopicPartition
from consumer.standing import Row, Standing

_MOST_TOLD = 5

Aim = Callable[[Row, Found], int]
"""Where a partition is to go, from what SQL and Kafka say of it."""


@dataclass(slots=True, frozen=True)
class Move:
    """One partition's move, `because` it is `REWOUND` or `SKIPPED`.

    `incarnation` is that of the row which it was planned on. `obeyed_offset` is the position without our stamp that
    Kafka has: it is older than the move, so it is not to be obeyed any more.
    """

    source: TopicPartition
    because: Because
    from_offset: int
    to_offset: int
    incarnation: int
    obeyed_offset: int | None = None

    @property
    def distance(self) -> int:
        """How many offsets are read again, or never. Some may hold no record."""
        return abs(self.to_offset - self.from_offset)

    @property
    def skipped(self) -> int:
        """How many offsets will never be read."""
        return self.distance if self.because is Because.SKIPPED else 0


@dataclass(slots=True, frozen=True)
class Author:
    """Who does something by hand, why, and when."""

    name: str
    reason: str | None
    now: datetime


def to_earliest(_: Row, found: Found) -> int:
    """The first record that Kafka still has."""
    return found.earliest


def to_latest(_: Row, found: Found) -> int:
    """Behind the last record that is there now."""
    return found.end


def to_offset(offset: int) -> Aim:
    """That offset."""
    return lambda _, __: offset


def by(offsets: int) -> Aim:
    """So many offsets on; back, where it is negative."""
    return lambda row, _: row.next_offset + offsets


def to_first_of(offsets: Mapping[TopicPartition, int | None]) -> Aim:
    """Each partition's own offset, as for a moment in time; to the end, where it has none so late."""

    def aim(row: Row, found: Found) -> int:
        offset = offsets[row.source]
        return found.end if offset is None else offset

    return aim


def plan(because: Because, standings: Iterable[Standing], aim: Aim) -> list[Move]:
    """The moves, in order. A partition that was never read has none, nor has one that stands there already.

    Raises `Fatal`, with all reasons, where one of them may not be.
    """
    moves, refusals = [], []
    for standing in sorted(standings, key=lambda standing: standing.source):
        if standing.row is None:
            continue
        if standing.found is None or standing.is_made_anew:
            refusals.append(f"{standing.source}: {_unfit(standing)}")
            continue
        move = _aimed(because, standing.row, standing.found, aim)
        if refusal := _out_of_bounds(move, standing.found) or wrong_way(move):
            refusals.append(f"{move.source}: {refusal}")
        elif move.distance:
            moves.append(move)
    if refusals:
        raise Fatal(
            f"nothing is moved: {shortened(refusals, '; ')}",
            advice="See where the group stands (memory-consumer offsets show), or name partitions with --partition.",
        )
    return moves


def shortened(told: Sequence[str], between: str = ", ") -> str:
    """The first few of what may be as many as a topic has partitions, and how many there are besides."""
    rest = len(told) - _MOST_TOLD
    return between.join(told[:_MOST_TOLD]) + (f"{between}and {rest:,} more" if rest > 0 else "")


def as_it_stands(move: Move, next_offset: int, incarnation: int) -> Move:
    """The move from where the row stands at last: a running consumer went on while it was planned. Raises `Fatal`."""
    if incarnation != move.incarnation:
        raise Fatal(
            f"nothing is moved: {move.source} was moved by somebody else meanwhile",
            advice="Look at what happened: memory-consumer offsets show --changes",
        )
    moved = replace(move, from_offset=next_offset)
    if refusal := wrong_way(moved):
        raise Fatal(f"nothing is moved: {move.source}: {refusal}", advice="The group reads on meanwhile: plan again.")
    return moved


def wrong_way(move: Move) -> str | None:
    """Why a rewind can't go forward, nor a skip back; None where the direction is right."""
    if move.because is Because.REWOUND and move.to_offset > move.from_offset:
        return f"a rewind does not go forward, from {move.from_offset:,} to {move.to_offset:,}"
    if move.because is Because.SKIPPED and move.to_offset < move.from_offset:
        return f"a skip does not go back, from {move.from_offset:,} to {move.to_offset:,}"
    return None


def _unfit(standing: Standing) -> str:
    if standing.found is None:
        return "Kafka has no such partition"
    return "the topic was made anew; it is read from its earliest record at the next start"


def _aimed(because: Because, row: Row, found: Found, aim: Aim) -> Move:
    theirs = None if found.committed is None or is_ours(found.committed) else found.committed.offset
    return Move(row.source, because, row.next_offset, aim(row, found), row.incarnation, theirs)


def _out_of_bounds(move: Move, found: Found) -> str | None:
    if found.earliest <= move.to_offset <= found.end:
        return None
    return f"{move.to_offset:,} is not within what Kafka has, {found.earliest:,} up to {found.end:,}"
