"""Real Kafka, PostgreSQL and Redis for one test, and what has to be true of them at its end."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from consumer.memory.model import MemoryEvent
from tests.chaos.consumers import Fleet, fleet, settings
from tests.chaos.outside import Outside, committed_offsets, letters_in, outside
from tests.chaos.publishing import Expected, Topics, topics

PARTITIONS = 4


class Site(NamedTuple):
    """The services of a test, with topics and tables of its own."""

    kafka: str
    topics: Topics
    partitions: int
    database_url: str
    database: Outside
    consumers: Fleet

    def done(self) -> dict[int, int]:
        """How far each partition is, in the database."""
        return {number: row.next_offset for number, row in self.database.partitions().items()}

    def committed(self) -> dict[int, int]:
        """The same in Kafka, of the partitions where the group has a position."""
        return committed_offsets(self.kafka, self.topics.source, self.topics.source, self.partitions)


@contextmanager
def a_site(
    kafka: str,
    database_url: str,
    redis_url: str,
    folder: Path,
    *,
    partitions: int = PARTITIONS,
    others: Mapping[str, str | None] | None = None,
) -> Iterator[Site]:
    """Empty topics, empty tables, no consumer yet. `others` are settings to be changed; None takes one away."""
    _make_tables(database_url)
    with topics(kafka, partitions) as made, outside(database_url) as database:
        told = {**settings(kafka, database_url, redis_url, made.source, made.letters), **(others or {})}
        with fleet({name: value for name, value in told.items() if value is not None}, folder) as consumers:
            yield Site(kafka, made, partitions, database_url, database, consumers)


def check(site: Site, expected: Expected) -> None:
    """Every record ended once, and as it should: the tables and the letters hold exactly what was published."""
    database = site.database
    database.check_equation()
    rows = database.partitions().values()
    assert sum(row.read for row in rows) == expected.records
    assert sum(row.stored for row in rows) == len(expected.events)
    assert sum(row.duplicates for row in rows) == expected.repeated
    assert sum(row.dead_lettered for row in rows) == len(expected.letters)
    done = site.done()
    assert all(offset <= done[number] for number, offset in site.committed().items()), "Kafka follows the database"

    stored = {row[0]: row[1:] for row in database.query(_MEMORIES)}
    assert stored.keys() == expected.memories.keys()
    differing = [memory_id for memory_id, event in expected.memories.items() if stored[memory_id] != _row(event)]
    assert not differing, (stored[differing[0]], _row(expected.memories[differing[0]]))
    ledger = dict(database.query("SELECT event_id, memory_id FROM event_ledger"))
    assert ledger == expected.events

    assert letters_in(site.kafka, site.topics.letters, site.partitions) == expected.letters


_MEMORIES = """
    SELECT memory_id, owner_id, occurred_at, is_deleted, producer, content, summary, source_message_ids, participants,
           tags, confidence, extracted_at, metadata, emotional_context, relationship_dynamics
    FROM memories
"""


def _row(event: MemoryEvent) -> tuple[Any, ...]:
    """The columns that the event's memory should have. Documents are compared as JSON, as they are stored."""
    memory = event.memory
    assert memory is not None
    return (
        memory.owner_id,
        event.occurred_at,
        False,
        event.producer,
        memory.content,
        memory.summary,
        memory.source_message_ids,
        memory.participants,
        memory.tags,
        memory.confidence,
        memory.extracted_at,
        memory.metadata,
        json.loads(json.dumps(memory.emotional_context)),
        memory.relationship_dynamics,
    )


def _make_tables(url: str) -> None:
    engine = open_engine(url)
    try:
        migrating.upgrade(engine)
    finally:
        engine.dispose()
