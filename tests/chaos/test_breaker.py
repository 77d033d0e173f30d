"""A flood of bad data through the real consumer: the group stands still, is told to go on, and loses nothing."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from consumer.cli import app
from consumer.devstack import sample_events
from tests.chaos.consumers import Fleet, fleet, settings
from tests.chaos.outside import Outside, letters_in, outside
from tests.chaos.publishing import Expected, Publishing, Topics, topics

PARTITIONS = 2
BATCH = 200
GOOD, BAD = 300, 2_000
IS_OPEN = "EXISTS (SELECT FROM breaker_openings WHERE closed_at IS NULL)"
ALL_SAY_SO = "SELECT count(*) = 2 FROM consumers WHERE snapshot::jsonb ->> 'waiting_for' LIKE '%breaker%'"


class Site(NamedTuple):
    """The services of a test, a topic with a flood in it, and tables of its own."""

    kafka: str
    topics: Topics
    database_url: str
    database: Outside
    consumers: Fleet
    expected: Expected

    def letters(self) -> dict[str, bytes | None]:
        """The dead letters there are."""
        return letters_in(self.kafka, self.topics.letters, PARTITIONS)

    def dead_lettered(self) -> int:
        """How many the database says there are."""
        return sum(row.dead_lettered for row in self.database.partitions().values())


@pytest.fixture
def flooded(kafka: str, fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Site]:
    """Good events, a flood of bad ones, good events."""
    url = fresh_database()
    engine = open_engine(url)
    migrating.upgrade(engine)
    engine.dispose()
    with (
        topics(kafka, PARTITIONS) as made,
        outside(url) as database,
        fleet(_settings(kafka, url, made), tmp_path) as consumers,
    ):
        yield Site(kafka, made, url, database, consumers, _flood(kafka, made.source))


def test_a_flood_makes_the_group_stand_still_until_it_is_resumed_or_set_otherwise(flooded: Site) -> None:
    database = flooded.database
    first = [flooded.consumers.start(), flooded.consumers.start()]
    database.wait_for(IS_OPEN)
    database.wait_for(ALL_SAY_SO)
    before = flooded.dead_lettered()
    assert before < BAD, "the flood was not let through"
    # Whoever judges a batch sends nothing of it; the other member may have been past that point when it was fenced.
    assert len(flooded.letters()) - before <= BATCH
    database.check_equation()
    assert _members(flooded) == len(first), "who stands still stays in the group"

    ended = CliRunner().invoke(app, _resume(flooded))
    assert ended.exit_code == 0, ended.output
    assert "of the last" in json.loads(ended.stdout)["closed"]["why"]
    database.wait_for(f"SELECT sum(dead_lettered) > {before} FROM partitions")
    database.wait_for(IS_OPEN)
    for consumer in first:
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code() == 0, consumer.log_tail()

    still_open = flooded.consumers.start("--until-idle", "0.5")
    assert still_open.exit_code() == 1, "a bounded run does not wait for a person"
    assert "memory-consumer resume" in still_open.log_tail()

    last = flooded.consumers.start("--until-idle", "0.5", "--set", "max_error_share=1")
    assert last.exit_code() == 0, last.log_tail()
    assert database.query("SELECT closed_by FROM breaker_openings ORDER BY id DESC LIMIT 1") == [("configuration",)]
    database.check_equation()
    assert flooded.letters() == flooded.expected.letters
    stored = {memory_id for (memory_id,) in database.query("SELECT memory_id FROM memories")}
    assert stored == flooded.expected.memories.keys()
    assert database.read() == flooded.expected.records


def _flood(kafka: str, topic: str) -> Expected:
    publishing = Publishing(kafka, topic)
    events = sample_events.events(2 * GOOD + BAD)
    for _ in range(GOOD):
        publishing.good(next(events))
    for number in range(BAD):
        publishing.broken(next(events), number)
    for event in events:
        publishing.good(event)
    return publishing.finish()


def _settings(kafka: str, url: str, made: Topics) -> dict[str, str]:
    told = settings(kafka, url, "", made.source, made.letters)
    # Nobody dies here, and nobody is to be put out of the group because the machine is busy.
    others = {"CONSUMER_KAFKA__session_timeout_ms": "45000"}
    return {name: value for name, value in {**told, **others}.items() if value}


def _resume(site: Site) -> list[str]:
    return ["resume", "--json", "--group-id", site.topics.source, "--database-url", site.database_url]


def _members(site: Site) -> int:
    group = site.topics.source
    admin = AdminClient({"bootstrap.servers": site.kafka})
    return len(admin.describe_consumer_groups([group])[group].result(60).members)
