"""What is stored, for people to look at. Reads only."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, select

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.seen import bonds, seen
from consumer.adapters.sql.tables import members, memories, merge_history, merged_memories
from consumer.memory.asking import Criteria
from consumer.memory.bonds import Reading, kind_between

MemoryRow = Mapping[str, Any]


class MemoryReader:
    """Memories as a reader sees them, by the names of the tables' columns: those that tell of one thing are one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**{READ_ONLY: True})
        self._dialect = dialect_of(engine.dialect.name, Timeouts())

    def by_id(self, memory_id: str) -> MemoryRow | None:
        """One memory; a deleted one shows its id and the time of its deletion. None when it was never seen.

        Of a member of several that are merged: what a reader sees of them, with `members`, the originals whole, the
        oldest first, and `history`, how they came together.
        """
        with translated(), self._engine.begin() as connection:
            merged = (
                select(merged_memories)
                .join(members, members.c.cluster_id == merged_memories.c.cluster_id)
                .where(members.c.memory_id == memory_id)
            )
            if row := connection.execute(merged).mappings().first():
                return {**row, **self._origin(connection, row["cluster_id"])}
            row = connection.execute(select(memories).where(memories.c.memory_id == memory_id)).mappings().first()
            return None if row is None else {**row}

    def search(self, criteria: Criteria, limit: int) -> list[MemoryRow]:
        """Living memories that meet the criteria, the newest first, at most so many.

        `cluster_id` is None where a memory stands alone; `members` is the number of those that it was told by.
        """
        with translated(), self._engine.begin() as connection:
            return [{**row} for row in connection.execute(seen(criteria, self._dialect, limit)).mappings()]

    def between(
        self,
        pair: tuple[str, str],
        limit: int,
        *,
        owner_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Reading]:
        """How two people, by their ids, stand to one another in the memories that say it: the newest so many, in the
        order of time. Of those that were merged each says it for itself. Raises `ValueError` for one person, and for
        what can't be an id."""
        if pair[0] == pair[1]:
            raise ValueError("two different people stand to one another")
        criteria = Criteria(owner_id=owner_id, participants=pair, since=since, until=until)
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(bonds(criteria, self._dialect, limit)).all()
        return [
            Reading(
                memory_id,
                owner,
                occurred_at,
                told["connection_strength"],
                told["interaction_quality"],
                kind_between(told, *pair),
            )
            for memory_id, owner, occurred_at, told in reversed(rows)
        ]

    def _origin(self, connection: Connection, cluster_id: UUID) -> MemoryRow:
        told = ClusterRows(connection, self._dialect).members([cluster_id])
        history = select(merge_history).where(merge_history.c.cluster_id == cluster_id).order_by(merge_history.c.id)
        names = ("joined_at", "memory_id", "band", "score", "conflicts", "fields_changed")
        return {
            "members": [
                {
                    "memory_id": each.member.memory_id,
                    "occurred_at": each.member.occurred_at,
                    "is_founder": each.place.is_founder,
                    "band": each.place.band.value,
                    "score": each.place.score,
                    **asdict(each.member.memory),
                }
                for each in sorted(told, key=lambda each: each.member.age)
            ],
            "history": [{name: row[name] for name in names} for row in connection.execute(history).mappings()],
        }
