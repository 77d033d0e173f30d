"""What is stored, for people to look at. Reads only."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, select

from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.tables import memories

MemoryRow = Mapping[str, Any]


class MemoryReader:
    """Memories as they stand, by the names of the table's columns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**{READ_ONLY: True})

    def by_id(self, memory_id: str) -> MemoryRow | None:
        """One memory; a deleted one shows its id and the time of its deletion. None when it was never seen."""
        with translated(), self._engine.begin() as connection:
            row = connection.execute(select(memories).where(memories.c.memory_id == memory_id)).mappings().first()
            return None if row is None else {**row}

    def by_owner(self, owner_id: str, limit: int) -> list[MemoryRow]:
        """An owner's living memories, the newest first."""
        statement = (
            select(memories)
            .where(memories.c.owner_id == owner_id)
            .order_by(memories.c.occurred_at.desc(), memories.c.memory_id)
            .limit(limit)
        )
        with translated(), self._engine.begin() as connection:
            return [{**row} for row in connection.execute(statement).mappings()]
