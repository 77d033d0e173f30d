"""The part of a batch's transaction that keeps clusters true in the mode that makes none."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.merging.changes import ClusterChanges
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.merging.reading import Before, read_clusters
from consumer.effects import Effects
from consumer.memory.merging.clusters import Rules
from consumer.memory.model import MemoryEvent
from consumer.memory.ordering import Verdict
from consumer.records import Outcome


class Departures:
    """The mode that does not look for what is alike, on a database where another mode did: a member that is changed or
    deleted leaves its cluster, so that the others keep their text, and no view shows words that are gone."""

    effects = Effects()

    def __init__(self, connection: Connection, dialect: SqlDialect, now: datetime) -> None:
        self._connection = connection
        self._dialect = dialect
        self._rows = ClusterRows(connection, dialect)
        self._now = now
        self._before = Before()

    @property
    def is_needed(self) -> bool:
        """Whether members are among the memories of the batch."""
        return bool(self._before.whole)

    def lock(self, events: Collection[MemoryEvent]) -> bool:
        """Nothing is known yet, and mostly there is nothing to be locked."""
        return True

    def prepare(self, events: Mapping[int, MemoryEvent], there: Collection[str]) -> None:
        """Read the clusters of those memories that are there."""
        self._before = Before()
        touched = self._rows.clusters_of(there) if there else set()
        if touched:
            self._dialect.lock_owners(self._connection, {owner for owner in self._rows.owners_of(there) if owner})
            self._before = read_clusters(self._rows, Rules(), there, touched)

    def apply(self, applied: Sequence[tuple[int, MemoryEvent, Verdict]]) -> dict[int, Outcome]:
        """Take out whoever was changed or deleted."""
        changes = ClusterChanges(self._rows, Rules(), self._now, self._before)
        clusters = changes.clusters()
        for _, event, _ in applied:
            clusters.leave(event.memory_id)
        changes.write(clusters, {event.memory_id for _, event, _ in applied})
        return {}
