"""The part of a batch's transaction that keeps clusters true in the mode that makes none."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.merging.changes import ClusterChanges
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.merging.owner_locks import OwnerLocks
from consumer.effects import Effects
from consumer.memory.merging.clusters import Rules
from consumer.memory.model import MemoryEvent
from consumer.memory.ordering import State, Verdict
from consumer.records import Outcome


class Departures:
    """The mode that does not look for what is alike, on a database where another mode did: a member that is changed or
    deleted leaves its cluster, so that the others keep their text, and no view shows words that are gone."""

    effects = Effects()

    def __init__(self, connection: Connection, dialect: SqlDialect, rules: Rules, now: datetime) -> None:
        self._rows = ClusterRows(connection, dialect)
        self._owners = OwnerLocks(connection, dialect)
        self._changes = ClusterChanges(self._rows, rules, now)

    @property
    def is_needed(self) -> bool:
        """Whether members are among the memories of the batch."""
        return self._changes.can_any_leave

    def lock(self, events: Collection[MemoryEvent]) -> bool:
        """Have the owners of members to ourselves; mostly there are none. Returns whether any of the memories is
        there."""
        there = self._rows.owners_and_members({event.memory_id for event in events})
        self._owners.take(owner for owner, is_member in there if is_member)
        return bool(there)

    def prepare(self, events: Mapping[int, MemoryEvent], there: Mapping[str, State]) -> None:
        """Read the clusters of those memories that are there. Their rows are locked: none joins a cluster any more.
        Raises `Transient` where one has joined since the owners were locked."""
        clusters = self._rows.cluster_of_each(there) if there else {}
        self._owners.require([there[name] for name in clusters])
        self._changes.read(there, set(clusters.values()))

    def apply(self, applied: Sequence[tuple[int, MemoryEvent, Verdict]]) -> dict[int, Outcome]:
        """Take out whoever was changed or deleted."""
        clusters = self._changes.clusters()
        for _, event, _ in applied:
            clusters.leave(event.memory_id)
        self._changes.write(clusters, {event.memory_id for _, event, _ in applied})
        return {}
