"""The part of a batch's transaction that finds out which memories tell of one thing.

It stands around the writing of the memories themselves. Before: owners are locked, then the rows of the memories, and
what the database has of the clusters that the batch may touch is read, at once for all of it. After: every event that
was applied is placed, in order, and what that changed is written: members, keys, texts, merged memories, history, pairs
for review.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.merging.changes import ClusterChanges
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.merging.owner_locks import OwnerLocks
from consumer.effects import Effects
from consumer.memory.merging.clusters import Rules
from consumer.memory.merging.members import Member
from consumer.memory.merging.roster import Place
from consumer.memory.merging.similarity import Band
from consumer.memory.model import MemoryEvent
from consumer.memory.ordering import State, Verdict
from consumer.records import FOLDED_IN, NEARLY_SAME, SAME_CONTENT, Outcome


class Clustering:
    """One batch. `lock` comes before any row is locked, `prepare` after; `apply` when the memories are written."""

    def __init__(self, connection: Connection, dialect: SqlDialect, rules: Rules, now: datetime) -> None:
        self._rows = ClusterRows(connection, dialect)
        self._owners = OwnerLocks(connection, dialect)
        self._changes = ClusterChanges(self._rows, rules, now)
        self._candidates: dict[int, Member] = {}
        self.effects = Effects()

    @property
    def is_needed(self) -> bool:
        """Whether the events of the batch can change anything about clusters."""
        return True

    def lock(self, events: Collection[MemoryEvent]) -> bool:
        """Have the owners to ourselves: two consumers would each miss what the other is about to write.

        Returns whether any of the memories is there.
        """
        owners = {event.memory.owner_id for event in events if event.memory is not None}
        memory_ids = {event.memory_id for event in events}
        there = self._rows.owners_of(memory_ids)
        self._owners.take(owners | there)
        return bool(there)

    def prepare(self, events: Mapping[int, MemoryEvent], there: Mapping[str, State]) -> None:
        """Read what the events, by their places in the batch, may touch. `there`: those of the memories that exist;
        their rows are locked. Raises `Transient` where one came into being whose owner is not."""
        self._owners.require(there.values())
        self._candidates = {
            place: Member(event.memory_id, event.occurred_at, event.memory)
            for place, event in events.items()
            if event.memory is not None
        }
        names = {event.memory_id for event in events.values()}
        touched = self._rows.clusters_of(there) if there else set()
        self._changes.read(names, touched, self._candidates.values())

    def apply(self, applied: Sequence[tuple[int, MemoryEvent, Verdict]]) -> dict[int, Outcome]:
        """Place the events that were applied, in order, and write what follows. Returns how those end that created a
        memory which joined others, by their places."""
        clusters = self._changes.clusters()
        outcomes: dict[int, Outcome] = {}
        placed = merged = 0
        for at, event, verdict in applied:
            if verdict is Verdict.DELETED:
                clusters.leave(event.memory_id)
                continue
            place = clusters.put(self._candidates[at], event.event_id)
            placed += 1
            if place.is_founder:
                continue
            merged += place.band in (Band.EQUAL, Band.FOLDED)
            if verdict is Verdict.CREATED:
                outcomes[at] = _joined(place)
        doubts = self._changes.write(clusters, {move.member.memory_id for move in clusters.moves})
        self.effects = Effects(
            placed=placed,
            candidates=clusters.comparing.candidates,
            merges_tried=clusters.comparing.merges_tried,
            merged=merged,
            doubts=doubts,
        )
        return outcomes


def _joined(place: Place) -> Outcome:
    """How a record ends whose memory is new and joins others."""
    if place.band is Band.FOLDED:
        return FOLDED_IN
    return SAME_CONTENT if place.band is Band.SAME else NEARLY_SAME
