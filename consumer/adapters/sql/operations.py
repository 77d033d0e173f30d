"""What operators look at and look after: positions, counts, running consumers, the age of the ledger."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, func, select

from consumer.adapters.sql import effect_rows
from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.tables import consumers, event_ledger, outcome_counts, partitions
from consumer.effects import Effects
from consumer.records import Kind, Outcome, TopicPartition


@dataclass(slots=True, frozen=True)
class PartitionRow:
    """A partition's row: its position, and how its records ended."""

    source: TopicPartition
    topic_id: str | None
    incarnation: int
    epoch: int
    next_offset: int
    obeyed_offset: int | None
    records_read: int
    stored: int
    merged: int
    duplicates: int
    dead_lettered: int
    skipped: int
    moved_at: datetime


@dataclass(slots=True, frozen=True)
class ConsumerRow:
    """A consumer's last sign of life, and what it said of itself."""

    consumer_id: str
    group_id: str
    seen_at: datetime
    snapshot: Mapping[str, Any]


class Operations:
    """Reads for `offsets`, `status` and `demo`; housekeeping for `db prune`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READ_ONLY: True})
        self._dialect = dialect_of(engine.dialect.name, Timeouts())

    def partitions(self, group_id: str) -> list[PartitionRow]:
        """The group's partitions, in order."""
        names = PartitionRow.__dataclass_fields__.keys() - {"source"}
        statement = select(partitions).where(partitions.c.group_id == group_id)
        with translated(), self._reading.begin() as connection:
            rows = connection.execute(statement.order_by(partitions.c.topic, partitions.c.partition)).mappings()
            return [
                PartitionRow(TopicPartition(row["topic"], row["partition"]), **{name: row[name] for name in names})
                for row in rows
            ]

    def outcomes(self, group_id: str) -> Counter[Outcome]:
        """How all records of the group ended so far."""
        counts = outcome_counts.c
        statement = (
            select(counts.kind, counts.category, func.sum(counts.records))
            .where(counts.group_id == group_id)
            .group_by(counts.kind, counts.category)
        )
        with translated(), self._reading.begin() as connection:
            rows = connection.execute(statement)
            return Counter({Outcome(Kind(kind), category): int(records) for kind, category, records in rows})

    def effects(self, group_id: str) -> Effects:
        """What all batches of the group came to."""
        with translated(), self._reading.begin() as connection:
            return effect_rows.total(connection, group_id)

    def consumers(self, group_id: str, since: datetime) -> list[ConsumerRow]:
        """The group's consumers that gave a sign of life since then."""
        statement = select(consumers).where(consumers.c.group_id == group_id, consumers.c.seen_at >= since)
        with translated(), self._reading.begin() as connection:
            return [ConsumerRow(**row) for row in connection.execute(statement).mappings()]

    def beat(self, consumer_id: str, group_id: str, now: datetime, snapshot: Mapping[str, Any]) -> None:
        """A sign of life."""
        statement = self._dialect.insert(consumers)
        values = {"group_id": group_id, "seen_at": now, "snapshot": dict(snapshot)}
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["consumer_id"], set_=values),
                [{"consumer_id": consumer_id, **values}],
            )

    def leave(self, consumer_id: str) -> None:
        """A consumer that stopped in order is not missed."""
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            connection.execute(delete(consumers).where(consumers.c.consumer_id == consumer_id))

    def prune_consumers(self, before: datetime) -> int:
        """Forget consumers that gave no sign of life since then. Returns how many they were."""
        with translated(), self._engine.begin() as connection:
            return connection.execute(delete(consumers).where(consumers.c.seen_at < before)).rowcount

    def prune_effects(self, before: datetime) -> int:
        """Forget the effect figures of batches written before then; the totals stay. Returns how many they were."""
        with translated(), self._engine.begin() as connection:
            return effect_rows.prune(connection, before)

    def prune_ledger(self, before: datetime) -> int:
        """Forget event ids entered before then; an event older than that is judged by its time alone.

        Returns how many were forgotten. It takes as long as it takes: no timeout of ours is set.
        """
        with translated(), self._engine.begin() as connection:
            return connection.execute(delete(event_ledger).where(event_ledger.c.recorded_at < before)).rowcount
