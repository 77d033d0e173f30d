"""One group on real Kafka and PostgreSQL, run inside the test for as long as there is something to read."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Thread, Timer
from typing import Any, NamedTuple

import psycopg
from confluent_kafka import Producer
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from consumer import app as root
from consumer.app.consuming import consumer
from consumer.cli import app
from consumer.memory.model import MemoryEvent
from consumer.settings import Settings, load
from consumer.stopping import Stop
from tests import wire

BOUND = 120.0
"""Seconds after which a run that is to end by itself is ended, and fails."""


class Counts(NamedTuple):
    """The row of a partition, and nothing else."""

    incarnation: int
    next_offset: int
    read: int
    stored: int
    duplicates: int
    dead_lettered: int
    skipped: int


@dataclass(frozen=True)
class Group:
    """A group, by the environment that its consumers are started with."""

    environment: Mapping[str, str]

    @classmethod
    def of(cls, kafka: str, topic: str, letters: str, database_url: str, name: str | None = None) -> "Group":
        """A group of that name; that of the topic, where none is given. Its tables are made."""
        environment = {
            "CONSUMER_KAFKA_BOOTSTRAP_SERVERS": kafka,
            "CONSUMER_TOPICS": topic,
            "CONSUMER_DLQ_TOPIC": letters,
            "CONSUMER_GROUP_ID": name or topic,
            "CONSUMER_DATABASE_URL": database_url,
            "CONSUMER_BATCH_SIZE": "10",
            "CONSUMER_BATCH_MAX_WAIT_MS": "50",
            "CONSUMER_KAFKA__heartbeat_interval_ms": "500",
            "CONSUMER_KAFKA__fetch_wait_max_ms": "50",
        }
        group = cls(environment)
        root.upgrade_database(group.settings.database)
        return group

    @property
    def settings(self) -> Settings:
        """The settings that the environment makes."""
        return load(environment=dict(self.environment)).settings

    @property
    def topic(self) -> str:
        """What it reads."""
        return self.environment["CONSUMER_TOPICS"]

    @property
    def name(self) -> str:
        """Its id."""
        return self.environment["CONSUMER_GROUP_ID"]

    def on(self, database_url: str) -> "Group":
        """The same group on another database."""
        return replace(self, environment={**self.environment, "CONSUMER_DATABASE_URL": database_url})

    def read(self, records: int) -> list[Mapping[str, Any]]:
        """Run until that many records are done, and no longer. Returns what was logged."""
        stop = Stop()
        bound = Timer(BOUND, stop.request, ["too late"])
        bound.start()
        try:
            with capture_logs() as logs, consumer(self.settings, stop, max_messages=records) as worker:
                worker.run()
        finally:
            bound.cancel()
        assert not stop.requested, f"{records} records were not done within {BOUND:g} s: {self.partitions()}"
        return list(logs)

    @contextmanager
    def running(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """It reads meanwhile. Gives what is logged."""
        stop = Stop()

        def run() -> None:
            with consumer(self.settings, stop) as worker:
                worker.run()

        thread = Thread(target=run, name=f"group {self.name}")
        with capture_logs() as logs:
            thread.start()
            try:
                yield logs
            finally:
                stop.request("the test is over")
                thread.join(BOUND)
        assert not thread.is_alive()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`run`, in a process of its own, until it ends by itself."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CONSUMER_")}
        command = [sys.executable, "-m", "consumer", "run", *arguments]
        environment = {**inherited, **self.environment}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=BOUND)

    def command(self, *arguments: str) -> Result:
        """A command for this group that looks or moves."""
        return CliRunner().invoke(app, list(arguments), env=dict(self.environment))

    def told(self, *arguments: str) -> Any:
        """What a command says in JSON."""
        ended = self.command(*arguments, "--json")
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    def partitions(self) -> dict[int, Counts]:
        """The rows, looked at from outside. In each, every record read ended once."""
        rows = self.query(
            "SELECT partition, incarnation, next_offset, records_read, stored, duplicates, dead_lettered, skipped"
            f" FROM partitions WHERE group_id = '{self.name}' AND topic = '{self.topic}'"
        )
        counts = {number: Counts(*row) for number, *row in rows}
        assert all(row.read == row.stored + row.duplicates + row.dead_lettered for row in counts.values()), counts
        return counts

    def changes(self) -> list[tuple[str, int | None, int, int]]:
        """How positions were moved, in order: why, from where, to where, and how many were skipped."""
        return self.query(
            "SELECT because, from_offset, to_offset, skipped FROM position_changes"
            f" WHERE group_id = '{self.name}' AND because NOT IN ('first_seen', 'taken_over') ORDER BY id"
        )

    def memories(self) -> set[str]:
        """The ids of what is stored. The ledger knows an event of each, and of no other."""
        stored = {memory_id for (memory_id,) in self.query("SELECT memory_id FROM memories")}
        assert stored == {memory_id for (memory_id,) in self.query("SELECT memory_id FROM event_ledger")}
        return stored

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        with psycopg.connect(plain(self.environment["CONSUMER_DATABASE_URL"])) as connection:
            return connection.execute(statement).fetchall()


def plain(database_url: str) -> str:
    """The URL as psycopg takes it."""
    return database_url.replace("postgresql+psycopg://", "postgresql://")


def publish(
    bootstrap: str,
    topic: str,
    events: Iterable[MemoryEvent | bytes],
    *,
    partition: int = 0,
    at_seconds: Sequence[int] = (),
) -> None:
    """Append events, or bytes that are none. `at_seconds`: the time of each record, in seconds since 1970."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
    for place, event in enumerate(events):
        value = event if isinstance(event, bytes) else wire.encode(event)
        timestamp = at_seconds[place] * 1000 if at_seconds else 0
        key = b"bad" if isinstance(event, bytes) else event.memory_id.encode()
        producer.produce(topic, value, key, partition, timestamp=timestamp)
    assert producer.flush(BOUND) == 0
