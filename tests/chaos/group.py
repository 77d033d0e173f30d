"""The loop in threads of the test: members of a group on a broker that misbehaves, over a database of SQLite."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import Condition, Thread
from time import monotonic
from typing import Any

from confluent_kafka import Producer
from sqlalchemy import Engine, text

from consumer.adapters.avro import AvroDecoder, SchemaDirectory
from consumer.adapters.kafka.dead_letters import KafkaDeadLetters
from consumer.adapters.kafka.lookups import GroupPositions
from consumer.adapters.kafka.source import KafkaSource
from consumer.adapters.no_filter import NoFilter
from consumer.adapters.sql.store import SqlStore
from consumer.batching import BatchLimits
from consumer.breaker import Breaker
from consumer.deadletters.letter import Sender
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.ports import Findings
from consumer.positions import is_ours
from consumer.process.clock import SystemClock
from consumer.records import Batch, Found, TopicPartition, Written
from consumer.stopping import Bounds, Stop
from consumer.tolerance import Tolerance
from consumer.worker import Worker
from tests import wire
from tests.chaos.bad_records import event_fields
from tests.chaos.outside import letters_in
from tests.fakes.observer import Nobody
from tests.fakes.openings import FakeOpenings

BOUND = 60.0
"""Seconds within which something has to happen, or the test fails."""

PARTITIONS = 2
BAD_EVERY = 5
MAX_RECORD_BYTES = 900_000
LIMITS = BatchLimits(count=50, seconds=0.1)

QUICK = {
    "session.timeout.ms": "5000",
    "heartbeat.interval.ms": "200",
    "fetch.wait.max.ms": "50",
    "reconnect.backoff.ms": "20",
    "reconnect.backoff.max.ms": "200",
}
"""A member that hears of trouble soon, and comes back soon."""


class Watch(Nobody):
    """An observer that can be waited for."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self._changed = Condition()
        self._records = 0
        self._has_ended = False

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """So many records more."""
        with self._changed:
            self._records += len(batch)
            self._changed.notify_all()

    def waiting(self, reason: str) -> None:
        """A batch has to wait."""
        with self._changed:
            self.reasons.append(reason)
            self._changed.notify_all()

    def ended(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def wait_until_read(self, records: int) -> None:
        """Wait until so many records are done."""
        with self._changed:
            self._changed.wait_for(lambda: self._records >= records or self._has_ended, BOUND)
            assert self._records >= records, (self._records, records, self.reasons[-3:])

    def wait_until_waiting(self, *, for_seconds: float = 0.0) -> None:
        """Wait until a batch has to wait, and has waited so long."""
        with self._changed:
            assert self._changed.wait_for(lambda: bool(self.reasons), BOUND), "nothing had to wait"
            assert not self._changed.wait_for(lambda: self._has_ended, for_seconds), "it ended"


class Member:
    """One consumer of the group. It runs from its making to `end`, or until it dies of something."""

    def __init__(self, source: KafkaSource, letters: KafkaDeadLetters, store: SqlStore) -> None:
        self.source = source
        self.watch = Watch()
        self.error: Exception | None = None
        self._stop = Stop()
        clock = SystemClock()
        self._worker = Worker(
            source=source,
            ownership=Ownership(source, store, clock),
            planner=Planner(
                AvroDecoder(SchemaDirectory(wire.SCHEMA.parent)),
                max_record_bytes=MAX_RECORD_BYTES,
                max_ahead=timedelta(minutes=5),
            ),
            seen=NoFilter(),
            store=store,
            dead_letters=letters,
            clock=clock,
            bounds=Bounds(LIMITS, self._stop, clock, patience=0.0),
            observer=self.watch,
            breaker=Breaker(Tolerance(), FakeOpenings(), clock),
        )
        self._thread = Thread(target=self._run, name="member", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Ask it to leave, and wait until it has."""
        self._stop.request("the test is over")
        self.died()

    def died(self) -> Exception | None:
        """Wait until it has ended. What it died of."""
        self._thread.join(BOUND)
        assert not self._thread.is_alive(), "the member did not end"
        return self.error

    def _run(self) -> None:
        try:
            self._worker.run()
        except Exception as error:  # noqa: BLE001 - told to whoever asks how it ended
            self.error = error
        finally:
            self.watch.ended()


class Group:
    """A topic and its dead-letter topic, a group, and its tables. `servers` are what its members are told."""

    def __init__(self, servers: str, topic: str, letters: str, engine: Engine) -> None:
        self.published = 0
        self._servers = servers
        self._topic = topic
        self._letters = letters
        self._engine = engine

    @contextmanager
    def member(self, properties: Mapping[str, str] | None = None, *, letters_within: float = 5.0) -> Iterator[Member]:
        """A member that runs. It leaves at the end."""
        properties = {**QUICK, **(properties or {})}
        sender, clock = Sender(self._topic, "test"), SystemClock()
        letters = KafkaDeadLetters(self._servers, self._letters, sender, clock, properties, timeout=letters_within)
        letters.check([self._topic], 1)
        source = KafkaSource(self._servers, self._topic, [self._topic], clock, properties)
        member = Member(source, letters, SqlStore(self._engine, self._topic, clock))
        try:
            yield member
        finally:
            member.end()
            letters.close()

    def publish(self, records: int, servers: str = "") -> int:
        """Publish so many more, every fifth of them bad. How many there are by now."""
        in_order = {"max.in.flight": 1, "linger.ms": 0, "log_level": 0}
        producer = Producer({"bootstrap.servers": servers or self._servers, **in_order})
        for number in range(self.published, self.published + records):
            producer.produce(self._topic, _value(number), partition=number % PARTITIONS)
        assert producer.flush(BOUND) == 0
        self.published += records
        return self.published

    def check(self, servers: str = "", *, kept: int = 0) -> None:
        """Every record ended once, and as it should. `kept`: so many letters may have left their value behind."""
        bad = {number for number in range(self.published) if number % BAD_EVERY == 0}
        rows = self._query("SELECT next_offset, records_read, stored, duplicates, dead_lettered FROM partitions")
        read, stored, letters = self.published, self.published - len(bad), len(bad)
        assert tuple(map(sum, zip(*rows, strict=True))) == (read, read, stored, 0, letters)
        good = {f"memory-{number}" for number in range(self.published) if number not in bad}
        assert {memory for (memory,) in self._query("SELECT memory_id FROM memories")} == good
        assert len(self._query("SELECT event_id FROM event_ledger")) == len(good)
        found = letters_in(servers or self._servers, self._letters, PARTITIONS)
        names = {f"{self._topic}-{number % PARTITIONS}-{number // PARTITIONS}": _value(number) for number in bad}
        assert found.keys() == names.keys(), (sorted(found), sorted(names))
        assert len([name for name, value in found.items() if value != names[name]]) == kept

    def epochs(self) -> list[int]:
        """How often each partition was claimed."""
        return [epoch for (epoch,) in self._query("SELECT epoch FROM partitions ORDER BY partition")]

    def wait_until_committed(self) -> None:
        """Wait until Kafka has the group's position, and as ours, in every partition of which something was read."""
        rows = self._query("SELECT topic, partition, next_offset FROM partitions WHERE next_offset > 0")
        ends = {TopicPartition(topic, partition): next_offset for topic, partition, next_offset in rows}
        deadline = monotonic() + BOUND
        with GroupPositions(self._servers, self._topic, QUICK) as positions:
            while (ours := _committed_by_us(positions.found(ends))) != ends:
                assert monotonic() < deadline, (ours, ends)

    def _query(self, statement: str) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]


def _value(number: int) -> bytes:
    return b"bad %d" % number if number % BAD_EVERY == 0 else wire.encode_fields(event_fields(number))


def _committed_by_us(findings: Findings) -> dict[TopicPartition, int]:
    committed = {source: each.committed for source, each in findings.items() if isinstance(each, Found)}
    return {source: position.offset for source, position in committed.items() if position and is_ours(position)}
