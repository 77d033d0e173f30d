"""What lies in the tables and in the topic of dead letters, read with means that are no part of the consumer."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg

from tests.chaos.outside import everything_in
from tests.chaos.siege.checker import Letter, Move, Row, StoredMemory
from tests.chaos.siege.cluster_checker import Clusters, Joining, Member, Pair, View
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

_MEMBERS = """
    SELECT memory_id, cluster_id, is_founder, content_hash, content FROM members LEFT JOIN memories USING (memory_id)
"""
_PAIRS = "SELECT memory_id, content_hash, other_memory_id, other_content_hash FROM reviews"


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


def clusters(connection: Connection) -> Clusters:
    """The tables of clusters. Nobody writes meanwhile."""
    views = connection.execute(
        f"SELECT cluster_id, memory_id, {', '.join(MEMORY_COLUMNS)} FROM merged_memories".encode()
    )
    history = connection.execute("SELECT cluster_id, memory_id, band, conflicts || fields_changed FROM merge_history")
    return Clusters(
        [Member(*row) for row in connection.execute(_MEMBERS)],
        {cluster_id for (cluster_id,) in connection.execute("SELECT DISTINCT cluster_id FROM similarity_keys")},
        [View(cluster_id, shown, dict(zip(MEMORY_COLUMNS, row, strict=True))) for cluster_id, shown, *row in views],
        [Joining(*row) for row in history],
        [Pair((one, digest), (other, its)) for one, digest, other, its in connection.execute(_PAIRS)],
    )


def letters(bootstrap: str, topic: str, partitions: int) -> list[Letter]:
    """All dead letters, second copies among them."""
    return [
        Letter(_id(dict(message.headers() or ())), message.key(), message.value())
        for message in everything_in(bootstrap, topic, partitions)
    ]


def _id(headers: dict[str, Any]) -> str:
    return str(headers["dlq.id"].decode())
