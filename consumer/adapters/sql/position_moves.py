"""Positions moved by a person, and the history of all that were not simply read on from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, select

from consumer.adapters.sql import partition_rows
from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.partition_rows import Takeover
from consumer.adapters.sql.tables import position_changes
from consumer.errors import Fatal
from consumer.moves import Author, Move, as_it_stands
from consumer.positions import Start
from consumer.records import TopicPartition


@dataclass(slots=True, frozen=True)
class PositionChange:
    """A position that was not simply where the group had left off. `from_offset` is None where there was none yet."""

    source: TopicPartition
    incarnation: int
    because: str
    from_offset: int | None
    to_offset: int
    skipped: int
    changed_at: datetime
    moved_by: str | None
    reason: str | None


class PositionMoves:
    """Moves a group's positions, whether it runs or not, and tells who moved them before."""

    def __init__(self, engine: Engine, group_id: str) -> None:
        self._engine = engine
        self._group_id = group_id
        self._dialect = dialect_of(engine.dialect.name, Timeouts())

    def move(self, moves: Sequence[Move], author: Author) -> list[Move]:
        """All of them in one transaction, or none. Returns them as they were done, each from where its row stood.

        Whoever runs loses the partitions by it, writes nothing more of what was in hand, and claims them anew. Raises
        `Fatal` where a row has meanwhile moved in a way that the plan did not foresee.
        """
        sources = [move.source for move in moves]
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            rows = partition_rows.lock(connection, self._group_id, sources)
            done = [_as_it_stands(move, rows.get(move.source)) for move in moves]
            takeovers = [_takeover(move, rows[move.source]) for move in done]
            partition_rows.take_over(connection, self._dialect, self._group_id, takeovers, author.now)
            partition_rows.audit(
                connection, self._group_id, takeovers, author.now, moved_by=author.name, reason=author.reason
            )
        return done

    def changes(self, at_most: int) -> list[PositionChange]:
        """What happened to the group's positions, the newest first."""
        changed = position_changes.c
        names = PositionChange.__dataclass_fields__.keys() - {"source"}
        statement = select(position_changes).where(changed.group_id == self._group_id)
        reading = self._engine.execution_options(**{READ_ONLY: True})
        with translated(), reading.begin() as connection:
            rows = connection.execute(statement.order_by(changed.id.desc()).limit(at_most)).mappings()
            return [
                PositionChange(TopicPartition(row["topic"], row["partition"]), **{name: row[name] for name in names})
                for row in rows
            ]


def _as_it_stands(move: Move, row: Row[Any] | None) -> Move:
    if row is None:
        raise Fatal(f"nothing is moved: the row of {move.source} is gone")
    return as_it_stands(move, row.next_offset, row.incarnation)


def _takeover(move: Move, row: Row[Any]) -> Takeover:
    start = Start(move.to_offset, row.incarnation + 1, move.because, move.skipped, move.obeyed_offset)
    return Takeover(move.source, row, None, start)
