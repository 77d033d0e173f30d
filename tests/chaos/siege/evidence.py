"""What lies in the tables and in the topic of dead letters, read with means that are no part of the consumer."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg

from tests.chaos.outside import everything_in
from tests.chaos.siege.checker import Letter, Move, Row, StoredMemory
from tests.chaos.siege.contents import MEMORY_COLUMNS
from tests.chaos.siege.published import Counts

Connection = psycopg.Connection[Any]

_ROWS = """
    SELECT partition, next_offset, records_read, stored, duplicates, dead_lettered, merged,
           (SELECT coalesce(json_agg(json_build_array(from_offset, to_offset, because) ORDER BY id), '[]')
            FROM position_changes c WHERE c.topic = p.topic AND c.partition = p.partition),
           (SELECT coalesce(json_object_agg(kind, records), '{}')
            FROM (SELECT kind, sum(records) AS records FROM outcome_counts o
                  WHERE o.topic = p.topic AND o.partition = p.partition GROUP BY kind) AS kinds)
    FROM partitions p
    ORDER BY partition
"""
"""One statement, so that it is one instant."""


def rows(connection: Connection) -> list[Row]:
    """The partitions' rows as they stand together at one instant."""
    return [
        Row(partition, next_offset, read, Counts(*counts), merged, [Move(*move) for move in moves], by_kind)
        for partition, next_offset, read, *counts, merged, moves, by_kind in connection.execute(_ROWS)
    ]


def memories(connection: Connection) -> Iterator[StoredMemory]:
    """Everything that is stored, a piece at a time."""
    with connection.transaction(), connection.cursor("memories") as cursor:
        cursor.execute(f"SELECT memory_id, {', '.join(MEMORY_COLUMNS)} FROM memories".encode())
        for memory_id, *columns in cursor:
            yield memory_id, tuple(columns)


def ledger(connection: Connection) -> dict[UUID, str]:
    """The memory of each event id that was entered."""
    return dict(connection.execute("SELECT event_id, memory_id FROM event_ledger").fetchall())


def letters(bootstrap: str, topic: str, partitions: int) -> list[Letter]:
    """All dead letters, second copies among them."""
    return [
        Letter(_id(dict(message.headers() or ())), message.key(), message.value())
        for message in everything_in(bootstrap, topic, partitions)
    ]


def _id(headers: dict[str, Any]) -> str:
    return str(headers["dlq.id"].decode())
