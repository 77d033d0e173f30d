"""What ought to become of a sequence of records, by the shortest code that says it: one record at a time, in dicts.

Nothing here is shared with the consumer's own ordering: the two were written apart, so that a mistake in one shows.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumer.memory.model import Memory, MemoryEvent


class Place(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int

    @property
    def letter_id(self) -> str:
        """What its dead letter is known by."""
        return f"{self.topic}-{self.partition}-{self.offset}"


class Bad(NamedTuple):
    """A record that can't be stored, whatever came before it."""

    category: str


@dataclass(frozen=True)
class Published:
    """A record as the publisher meant it."""

    key: bytes | None
    value: bytes | None
    meaning: MemoryEvent | Bad


class Kept(NamedTuple):
    """A memory as the store should have it. A deleted one has lost its owner and its words."""

    owner_id: str | None
    content: str | None
    summary: str | None
    occurred_at: datetime
    is_deleted: bool


Counts = Counter[str]


@dataclass
class Naive:
    """The store as it should be once the records applied so far are done."""

    memories: dict[str, Kept] = field(default_factory=dict)
    ledger: dict[UUID, str] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)
    counts: dict[tuple[str, int], Counts] = field(default_factory=dict)

    def apply(self, place: Place, meaning: MemoryEvent | Bad) -> None:
        """One record, after all that were applied before it."""
        ending = self._ending(meaning)
        if isinstance(meaning, MemoryEvent) and ending in ("created", "updated", "deleted", "overtaken"):
            self.ledger[meaning.event_id] = meaning.memory_id
        if ending in ("validation", "database", "deduplication"):
            self.letters.add(place.letter_id)
        self.counts.setdefault((place.topic, place.partition), Counter())[ending] += 1

    def _ending(self, meaning: MemoryEvent | Bad) -> str:
        if isinstance(meaning, Bad):
            return meaning.category
        if meaning.event_id in self.ledger:
            return "same_event" if self.ledger[meaning.event_id] == meaning.memory_id else "deduplication"
        kept = self.memories.get(meaning.memory_id)
        if kept and kept.is_deleted:
            return "overtaken"
        if meaning.memory is None:
            self.memories[meaning.memory_id] = Kept(None, None, None, meaning.occurred_at, is_deleted=True)
            return "deleted"
        return self._ending_of_state(meaning.memory_id, kept, meaning.occurred_at, meaning.memory)

    def _ending_of_state(self, memory_id: str, kept: Kept | None, occurred_at: datetime, memory: Memory) -> str:
        if kept and kept.owner_id != memory.owner_id:
            return "validation"
        if kept and kept.occurred_at > occurred_at:
            return "overtaken"
        self.memories[memory_id] = Kept(memory.owner_id, memory.content, memory.summary, occurred_at, is_deleted=False)
        return "updated" if kept else "created"


def contested(published: Mapping[Place, Published]) -> set[str]:
    """The letters that may be there or not: their record shares an event or a memory with another partition.

    Such a record's end depends on which partition is read first, and an attempt that was cut off after its letters
    may have read them in another order than the one that was committed.
    """
    homes: dict[str, set[tuple[str, int]]] = {}
    for place, record in published.items():
        for name in _names(record.meaning):
            homes.setdefault(name, set()).add((place.topic, place.partition))
    return {
        place.letter_id
        for place, record in published.items()
        if any(len(homes[name]) > 1 for name in _names(record.meaning))
    }


def _names(meaning: MemoryEvent | Bad) -> tuple[str, ...]:
    if isinstance(meaning, Bad):
        return ()
    return f"event {meaning.event_id}", f"memory {meaning.memory_id}"
