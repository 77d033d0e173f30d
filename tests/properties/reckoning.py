"""What stands in the database, read by statements of its own, and whether that is what ought to stand there."""

import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from consumer.records import TopicPartition
from tests.properties.naive import Counts, Kept, Naive

TABLES = ("memories", "event_ledger", "partitions", "outcome_counts", "position_changes", "kept_payloads")


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
        rows = self.query("SELECT memory_id, owner_id, content, occurred_at, is_deleted FROM memories")
        return {
            memory_id: Kept(owner_id, content, datetime.fromisoformat(occurred_at), bool(is_deleted))
            for memory_id, owner_id, content, occurred_at, is_deleted in rows
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
    "duplicates": ("same_event", "overtaken"),
    "dead_lettered": ("validation", "database", "deduplication"),
}


def check_contents(database: Database, expected: Naive) -> None:
    """The database holds what it ought to, no more and no less."""
    database.check_equation()
    assert database.memories() == expected.memories
    assert database.ledger() == expected.ledger
    assert database.counts() == expected.counts
    by_kind = database.query("SELECT topic, partition, stored, duplicates, dead_lettered FROM partitions")
    for topic, partition, *totals in by_kind:
        counts = expected.counts.get((topic, partition), Counter())
        assert totals == [sum(counts[category] for category in categories) for categories in KINDS.values()]
