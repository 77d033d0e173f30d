"""What was published, as the publisher wrote it down: all that the checker is told of it.

Imports nothing of the consumer.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple


class Ending(StrEnum):
    """How a record has to end when it is read for the first time. Each but the last is the name of its counter."""

    STORED = "stored"
    DUPLICATE = "duplicates"
    LETTER = "dead_lettered"
    PLACED = "placed"
    """A new memory that may be like others: stored, merged or a duplicate, as those decide that came before it."""


class Note(NamedTuple):
    """A record that the broker acknowledged."""

    partition: int
    offset: int
    key: bytes
    value: bytes | None
    ending: Ending


class Counts(NamedTuple):
    """Records by how they end."""

    stored: int = 0
    duplicates: int = 0
    letters: int = 0
    placed: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: "Counts") -> "Counts":
        """What is left without the others."""
        return Counts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


_ONE = {
    Ending.STORED: Counts(stored=1),
    Ending.DUPLICATE: Counts(duplicates=1),
    Ending.LETTER: Counts(letters=1),
    Ending.PLACED: Counts(placed=1),
}


class PublishedPartition:
    """The records of a partition, in the order of their offsets. Offsets have gaps."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._sums = [Counts()]
        self._offsets: list[int] = []

    @property
    def end(self) -> int:
        """The offset behind the last record."""
        return self._offsets[-1] + 1 if self._offsets else 0

    def add(self, note: Note) -> None:
        """One more. Whoever counts meanwhile, in another thread, sees it whole or not at all: the offset comes last."""
        assert note.offset >= self.end, "records are written down in the order of their offsets"
        self.notes.append(note)
        self._sums.append(self._sums[-1].plus(_ONE[note.ending]))
        self._offsets.append(note.offset)

    def between(self, first: int, end: int) -> Counts:
        """The records from one offset up to another, this one left out."""
        if end <= first:
            return Counts()
        return self._sums[bisect_left(self._offsets, end)].minus(self._sums[bisect_left(self._offsets, first)])


class Published:
    """The records of a topic. Written by one thread; any other may read."""

    def __init__(self, partitions: int) -> None:
        self._partitions = {number: PublishedPartition() for number in range(partitions)}

    @property
    def partitions(self) -> Mapping[int, PublishedPartition]:
        """By their numbers."""
        return self._partitions

    def write_down(self, notes: Iterable[Note]) -> None:
        """Records that the broker has acknowledged, and that lie behind all those of their partitions so far."""
        for note in sorted(notes, key=lambda note: (note.partition, note.offset)):
            self._partitions[note.partition].add(note)

    def ends(self) -> dict[int, int]:
        """Of each partition the offset behind its last record."""
        return {number: partition.end for number, partition in self._partitions.items()}

    def total(self) -> int:
        """How many records there are."""
        return sum(len(partition.notes) for partition in self._partitions.values())

    def by_ending(self) -> dict[Ending, list[Note]]:
        """All records, those of a partition in the order of their offsets."""
        sorted_out: defaultdict[Ending, list[Note]] = defaultdict(list)
        for note in self._all():
            sorted_out[note.ending].append(note)
        return sorted_out

    def _all(self) -> Iterator[Note]:
        for partition in self._partitions.values():
            yield from partition.notes
