"""What stands in the database, read by statements of its own, and whether that is what ought to stand there."""

import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from consumer.adapters.sql.tables import metadata
from consumer.records import TopicPartition
from tests.contracts.clustered import WHATEVER_THE_BATCHES
from tests.properties.naive import Counts, Kept, Naive

TABLES = tuple(table.name for table in metadata.sorted_tables if table.name != "consumers")

WITH_THEIR_TEXT = """
    SELECT memory_id, owner_id, coalesce(content, (
        SELECT twin.content
        FROM members AS one JOIN members AS other USING (cluster_id, content_hash)
        JOIN memories AS twin ON twin.memory_id = other.memory_id
        WHERE one.memory_id = memories.memory_id AND twin.content IS NOT NULL
    )), summary, occurred_at, is_deleted FROM memories
"""
"""Of members that say the same one alone has the text. Should several have it, SQLite takes the first, and it is for
the comparison with the tables of an undisturbed run to tell."""


Tables = dict[str, list[str]]


class Database:
    """A SQLite file of the consumer's, seen from outside through a connection of its own."""

    def __init__(self, path: Path) -> None:
        # Each statement stands alone and sees what is committed; workers may run in threads of their own.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def clear(self) -> None:
        """Empty all tables."""
        for table in TABLES:
            self._connection.execute(f"DELETE FROM {table}")

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        return self._connection.execute(statement).fetchall()

    def next_offsets(self) -> dict[TopicPartition, int]:
        """Up to where each partition is done."""
        rows = self.query("SELECT topic, partition, next_offset FROM partitions")
        return {TopicPartition(topic, partition): next_offset for topic, partition, next_offset in rows}

    def memories(self) -> dict[str, Kept]:
        """All memories, the deleted among them."""
        return {
            memory_id: Kept(owner_id, content, summary, datetime.fromisoformat(occurred_at), bool(is_deleted))
            for memory_id, owner_id, content, summary, occurred_at, is_deleted in self.query(WITH_THEIR_TEXT)
        }

    def ledger(self) -> dict[UUID, str]:
        """The events that the store has seen, and whose they are."""
        rows = self.query("SELECT event_id, memory_id FROM event_ledger")
        return {UUID(event_id): memory_id for event_id, memory_id in rows}

    def counts(self) -> dict[tuple[str, int], Counts]:
        """How the records of each partition ended."""
        counts: dict[tuple[str, int], Counts] = {}
        for topic, partition, category, records in self.query(
            "SELECT topic, partition, category, records FROM outcome_counts"
        ):
            counts.setdefault((topic, partition), Counter())[category] += records
        return counts

    def tables(self) -> Tables:
        """What must not depend on how the records were cut into batches, nor on what happened meanwhile."""
        columns = {**WHATEVER_THE_BATCHES, "outcome_counts": "topic, partition, kind, category, records"}
        return {
            table: sorted(map(repr, self.query(f"SELECT {names} FROM {table}"))) for table, names in columns.items()
        }

    def everything(self) -> list[Any]:
        """All that a write could change, for comparing two moments."""
        return [sorted(self.query(f"SELECT * FROM {table}"), key=repr) for table in TABLES]

    def check_equation(self) -> None:
        """In every partition, read = stored + merged + duplicates + dead-lettered, and that is what was passed.

        Every partition of these tests begins at offset 0 and has no gaps.
        """
        for *where, next_offset, read, stored, merged, duplicates, dead_lettered in self.query(
            "SELECT topic, partition, next_offset, records_read, stored, merged, duplicates, dead_lettered"
            " FROM partitions"
        ):
            assert read == next_offset == stored + merged + duplicates + dead_lettered, where


KINDS = {
    "stored": ("created", "updated", "deleted"),
    "merged": ("folded_in",),
    "duplicates": ("same_event", "overtaken", "same_content", "nearly_same"),
    "dead_lettered": ("validation", "database", "deduplication"),
}
NEW = frozenset({"created", "folded_in", "same_content", "nearly_same"})
"""How a new memory ends. Where it is asked what is alike, the tables of an undisturbed run tell which of them it is."""


def check_contents(database: Database, expected: Naive) -> None:
    """The database holds what it ought to, no more and no less."""
    database.check_equation()
    assert database.memories() == expected.memories
    assert database.ledger() == expected.ledger
    counts = database.counts()
    assert {where: _plain(each) for where, each in counts.items()} == expected.counts
    by_kind = database.query("SELECT topic, partition, stored, merged, duplicates, dead_lettered FROM partitions")
    for topic, partition, *totals in by_kind:
        ended = counts.get((topic, partition), Counter())
        assert totals == [sum(ended[category] for category in categories) for categories in KINDS.values()]


def _plain(counts: Counts) -> Counts:
    """The counts as they are where nobody asks what is alike."""
    plain: Counts = Counter()
    for category, records in counts.items():
        plain["created" if category in NEW else category] += records
    return plain
