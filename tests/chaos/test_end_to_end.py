"""The whole job on real Kafka, PostgreSQL and Redis, with consumers killed on the way.

43,410 real comments are published, every 50th twice and every 100th broken. Two consumers of one group read them; three
times one of them dies by SIGKILL, in the middle of whatever it is doing, and another is started in its place. At the
end the database and the dead-letter topic are read from outside and compared with what was published.
"""

import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from consumer.memory.model import MemoryEvent
from tests import goemotions
from tests.chaos.consumers import Fleet, fleet, settings
from tests.chaos.outside import Outside, committed_offsets, letters_in, locked, outside
from tests.chaos.publishing import Expected, Topics, publish_disorderly, topics

COMMENTS = 43_410
FEW = 4_000
PARTITIONS = 4
KILLS_BETWEEN = ((0.05, 0.25), (0.35, 0.55), (0.65, 0.85))
"""Between which shares of the records each of the three dies."""

AT_THE_END = ("--until-idle", "4")
"""Longer than the partitions of a dead consumer take to get a new owner."""

STOPS_WITHIN = 15.0


class Site(NamedTuple):
    """The services of a test, with topics and tables of its own."""

    kafka: str
    topics: Topics
    database_url: str
    database: Outside
    consumers: Fleet


@pytest.fixture
def site(kafka: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """Empty topics, empty tables, no consumer yet."""
    url = fresh_database()
    _make_tables(url)
    with (
        topics(kafka, PARTITIONS) as made,
        outside(url) as database,
        fleet(settings(kafka, url, redis_url, made.source, made.letters), tmp_path) as consumers,
    ):
        yield Site(kafka, made, url, database, consumers)


def test_three_kills_lose_and_double_nothing(site: Site) -> None:
    seed = int(os.environ.get("MEMORY_CONSUMER_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"repeat with MEMORY_CONSUMER_TEST_SEED={seed}")
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(COMMENTS))
    _consume_with_kills(site, expected.records, random.Random(seed))
    check(site, expected)


def test_a_frozen_consumer_wakes_up_to_find_its_partitions_gone(site: Site) -> None:
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(FEW))
    frozen = site.consumers.start()
    site.database.wait_until_read(expected.records // 4)
    frozen.signal(signal.SIGSTOP)
    before = site.database.partitions()
    heir = site.consumers.start()
    site.database.wait_for_takeover(before)
    frozen.signal(signal.SIGCONT)
    site.database.wait_until_read(expected.records)
    for consumer in (frozen, heir):
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code(STOPS_WITHIN) == 0, consumer.log_tail()
    check(site, expected)


def test_sigterm_ends_the_batch_in_hand_and_commits_it(site: Site) -> None:
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(FEW))
    consumer = site.consumers.start()
    site.database.wait_until_read(expected.records // 4)
    consumer.signal(signal.SIGTERM)
    assert consumer.exit_code(STOPS_WITHIN) == 0, consumer.log_tail()
    site.database.check_equation()
    assert site.database.read() < expected.records, "it stopped on the way"
    assert _committed(site) == {number: offset for number, offset in _done(site).items() if offset}


def test_a_second_signal_ends_at_once(site: Site) -> None:
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(FEW))
    consumer = site.consumers.start()
    site.database.wait_until_read(expected.records // 4)
    with locked(site.database_url, "memories"):
        while not site.database.has_somebody_waiting_for_a_lock():
            assert consumer.runs_for(0.05), consumer.log_tail()
        consumer.signal(signal.SIGTERM)
        assert consumer.runs_for(1.0), "it waits for the batch in hand"
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code(2.0) == 128 + signal.SIGTERM
    site.database.check_equation()


def _consume_with_kills(site: Site, records: int, chance: random.Random) -> None:
    """Two consumers at a time, until three have been killed and the last two find nothing more to do."""
    running = [site.consumers.start(*AT_THE_END), site.consumers.start(*AT_THE_END)]
    for low, high in KILLS_BETWEEN:
        site.database.wait_until_read(int(records * chance.uniform(low, high)))
        victim = running.pop(chance.randrange(2))
        # A commit has just been seen: the time from here decides in the middle of what it dies.
        assert victim.runs_for(chance.uniform(0.0, 0.05)), victim.log_tail()
        victim.kill()
        running.append(site.consumers.start(*AT_THE_END))
    for consumer in running:
        assert consumer.exit_code() == 0, consumer.log_tail()


def check(site: Site, expected: Expected) -> None:
    """Every record ended once, and as it should: the tables and the letters hold exactly what was published."""
    database = site.database
    database.check_equation()
    rows = database.partitions().values()
    assert sum(row.read for row in rows) == expected.records
    assert sum(row.stored for row in rows) == len(expected.memories)
    assert sum(row.duplicates for row in rows) == expected.repeated
    assert sum(row.dead_lettered for row in rows) == len(expected.letters)
    done = _done(site)
    assert all(offset <= done[number] for number, offset in _committed(site).items()), "Kafka follows the database"

    stored = {row[0]: row[1:] for row in database.query(_MEMORIES)}
    assert stored.keys() == expected.memories.keys()
    differing = [memory_id for memory_id, event in expected.memories.items() if stored[memory_id] != _row(event)]
    assert not differing, (stored[differing[0]], _row(expected.memories[differing[0]]))
    ledger = dict(database.query("SELECT event_id, memory_id FROM event_ledger"))
    assert ledger == {event.event_id: memory_id for memory_id, event in expected.memories.items()}

    assert letters_in(site.kafka, site.topics.letters, PARTITIONS) == expected.letters


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


def _done(site: Site) -> dict[int, int]:
    return {number: row.next_offset for number, row in site.database.partitions().items()}


def _committed(site: Site) -> dict[int, int]:
    group = site.topics.source
    return committed_offsets(site.kafka, group, site.topics.source, PARTITIONS)


def _make_tables(url: str) -> None:
    engine = open_engine(url)
    try:
        migrating.upgrade(engine)
    finally:
        engine.dispose()
