"""A world in which consumers live and die: broker, database and filter stay, processes come and go."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import text

from consumer.adapters.avro import AvroDecoder, SchemaDirectory
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.clustering import Clustering
from consumer.adapters.sql.merging.departures import Departures
from consumer.adapters.sql.store import SqlStore
from consumer.adapters.sql.tables import metadata
from consumer.batching import BatchLimits
from consumer.breaker import Breaker
from consumer.memory.merging.clusters import Rules
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.ports import Decoder
from consumer.records import Batch, ClosedBy, Found, KeptPayload, Plan, Record, Rejection, TopicPartition
from consumer.stopping import Bounds, Stop
from consumer.tolerance import Tolerance
from consumer.worker import Worker
from tests.fakes.clock import HandClock
from tests.fakes.kafka import FakeBroker, FakeDeadLetters, FakeGroup, FakeSource
from tests.fakes.observer import Nobody
from tests.fakes.openings import FakeOpenings
from tests.properties.filters import Exact
from tests.properties.naive import Naive, Place, Published, contested
from tests.properties.reckoning import Database, Tables, check_contents
from tests.properties.stories import MAIN, MIRROR, NOW, PARTITIONS, REFUSED_BY_THE_DATABASE, Addressed
from tests.properties.watched import (
    Reach,
    WatchedDeadLetters,
    WatchedDecoder,
    WatchedEngine,
    WatchedFilter,
    WatchedSource,
    WatchedStore,
)
from tests.wire import SCHEMA

GROUP = "group"
LETTERS = "letters"
RULES = Rules()

LATE = 15.0
"""Seconds without a record after which there is none left: a partition that another consumer had is claimed by then."""

VERY_LATE = 60.0
"""The same where claims fail again and again, and are tried ever more rarely."""


@dataclass
class Process:
    """A consumer, and what has to be cleared away once it is dead."""

    worker: Worker
    source: FakeSource
    engine: WatchedEngine


@dataclass
class World:
    """What outlives a process, and what has happened in it so far.

    `history`: the records in the order in which their transactions were committed, as seen from outside: after each
    attempt at a write the positions in the database have either moved over exactly the records of that attempt, or
    not at all. `undisturbed`: where it is asked what is alike, a consumer to which nothing happens.
    """

    database: Database
    engines: "Engines"
    decoder: Decoder
    seen: Exact
    undisturbed: "Undisturbed | None" = None
    broker: FakeBroker = field(default_factory=FakeBroker)
    clock: HandClock = field(default_factory=lambda: HandClock(NOW))
    published: dict[Place, Published] = field(default_factory=dict)
    history: list[Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker.create_topic(MIRROR.topic)
        self.broker.create_topic(MAIN[0].topic, partitions=len(MAIN))
        self.broker.create_topic(LETTERS)
        self.group = FakeGroup(self.broker, GROUP, [MAIN[0].topic, MIRROR.topic])
        self._positions: dict[TopicPartition, int] = {}

    def publish(self, records: Sequence[Addressed]) -> None:
        """Put records into the topics."""
        for to, record in ((addressed.to, addressed.record) for addressed in records):
            written = self.broker.publish(to, record.value, key=record.key)
            self.published[_place(written)] = record

    def process(self, name: str, reach: Reach, batch_size: int, until_idle: float = VERY_LATE) -> Process:
        """A new consumer, as after a start of the program. It runs until nothing has come for that many seconds."""
        source = FakeSource(self.group, name, waited=self.clock.pass_)
        engine = self.engines.of(name)
        engine.reach = reach
        watched = WatchedSource(source, reach)
        membership = Clustering if self.undisturbed else Departures
        inner = SqlStore(engine.engine, GROUP, self.clock, rules=RULES, membership=membership)
        store = WatchedStore(inner, reach, self._attempted)
        worker = Worker(
            source=watched,
            ownership=Ownership(watched, store, self.clock),
            planner=planner(WatchedDecoder(self.decoder, reach)),
            seen=WatchedFilter(self.seen, reach),
            store=store,
            dead_letters=WatchedDeadLetters(FakeDeadLetters(self.broker, LETTERS), reach),
            clock=self.clock,
            bounds=Bounds(BatchLimits(count=batch_size), Stop(), self.clock, until_idle=until_idle),
            observer=Nobody(),
            breaker=Breaker(Tolerance(), FakeOpenings(), self.clock),
        )
        return Process(worker, source, engine)

    def bury(self, process: Process) -> None:
        """What the broker and the database do about a process that is gone; and what must hold at any such moment."""
        self.group.leave(process.source)
        process.engine.engine.dispose()
        self.check_at_any_time()

    def check_at_any_time(self) -> None:
        """The equation holds; nothing runs ahead of the database."""
        self.database.check_equation()
        assert self.seen.known <= self.database.ledger().keys(), "the filter knows what was never stored"
        next_offsets = self.database.next_offsets()
        for (_, source), committed in self.broker.committed.items():
            assert committed.offset <= next_offsets[source], "Kafka's offset is ahead of the database"

    def check_at_the_end(self) -> None:
        """Every record ended as it should, once."""
        self.check_at_any_time()
        assert sorted(self.history) == sorted(self.published), "each record once"
        expected = Naive()
        for place in self.history:
            expected.apply(place, self.published[place].meaning)
        check_contents(self.database, expected)
        self._check_letters(expected)
        if self.undisturbed:
            records = [(place, self.published[place].value) for place in self.history]
            assert self.database.tables() == self.undisturbed.tables(tuple(records)), "whatever was cut, and where"

    def _check_letters(self, expected: Naive) -> None:
        letters = {_letter_id(record): record.value for record in self.broker.records(LETTERS)}
        by_id = {place.letter_id: record.value for place, record in self.published.items()}
        assert letters.keys() >= expected.letters, "no letter is missing"
        assert letters.keys() <= expected.letters | contested(self.published), "no letter is too many"
        assert all(value == by_id[letter_id] for letter_id, value in letters.items()), "letters keep their bytes"

    def _attempted(self, plan: Plan) -> None:
        """Look whether an attempt was committed: as a whole, and directly behind what was committed before."""
        positions = self.database.next_offsets()
        before = {source: self._positions.get(source, 0) for source in positions}
        moved = {source: range(before[source], end) for source, end in positions.items() if end != before[source]}
        self._positions = positions
        if not moved:
            return
        records = [arrival.record for arrival in plan.arrivals] + [rejection.record for rejection in plan.rejections]
        offsets = {source: sorted(record.offset for record in records if record.source == source) for source in moved}
        assert offsets == {source: list(passed) for source, passed in moved.items()}, "each record once, in order"
        assert {record.source for record in records} == moved.keys(), "all of a batch or nothing"
        self.history += map(_place, records)


def _place(record: Record) -> Place:
    return Place(record.source.topic, record.source.partition, record.offset)


def _letter_id(letter: Record) -> str:
    return (dict(letter.headers)["dlq.id"] or b"").decode()


class Undisturbed:
    """A consumer to which nothing happens, with a database of its own. It takes one record at a time."""

    def __init__(self, path: Path, decoder: Decoder) -> None:
        self._engine = open_engine(f"sqlite:///{path}")
        self._database = Database(path)
        self._planner = planner(decoder)
        self._told: tuple[tuple[Place, bytes | None], ...] | None = None
        self._tables: Tables = {}

    def tables(self, records: tuple[tuple[Place, bytes | None], ...]) -> Tables:
        """What stands in its tables after these records. Those of the last call are remembered."""
        if records != self._told:
            self._database.clear()
            store = SqlStore(self._engine, GROUP, HandClock(NOW), rules=RULES, membership=Clustering)
            now = HandClock(NOW).now()
            claims = store.claim({source: Found("t", None, 0, 0) for source in PARTITIONS})
            for place, value in records:
                record = Record(TopicPartition(place.topic, place.partition), place.offset, None, value, (), -1)
                plan = self._planner.plan(Batch([record], ClosedBy.COUNT), now)
                written = store.write(plan, plan.event_ids(), claims, Unmoved())
                claims |= {
                    source: replace(claims[source], next_offset=offset)
                    for source, offset in written.next_offsets.items()
                }
            self._told, self._tables = records, self._database.tables()
        return self._tables

    def close(self) -> None:
        """Close what it has open."""
        self._engine.dispose()
        self._database.close()


class Unmoved:
    """A settlement that bears everything and sends nothing."""

    def bear(self, rejections: Sequence[Rejection]) -> None:
        """However many there are."""

    def send(self, rejections: Sequence[Rejection]) -> list[KeptPayload]:
        return []


def planner(decoder: Decoder) -> Planner:
    """Of all consumers."""
    return Planner(decoder, max_record_bytes=10_000, max_ahead=timedelta(minutes=5))


class Engines:
    """An engine for each name under which a process runs; several may run at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engines: dict[str, WatchedEngine] = {}

    def of(self, name: str) -> WatchedEngine:
        """The engine of the process with this name."""
        if name not in self._engines:
            # Nobody waits for a lock: whoever holds it goes on only when it is its turn.
            self._engines[name] = WatchedEngine(open_engine(f"sqlite:///{self._path}", connect_timeout=0.0))
        return self._engines[name]


def blank_database(path: Path) -> None:
    """A database with all tables and nothing in them, which refuses memories of one particular content."""
    engine = open_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for when in ("INSERT", "UPDATE"):
            connection.execute(
                text(
                    f"CREATE TRIGGER refuse_on_{when} BEFORE {when} ON memories"
                    f" WHEN NEW.content = '{REFUSED_BY_THE_DATABASE}'"
                    " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
                )
            )
    engine.dispose()


class Mode(StrEnum):
    """Whether it is asked what is alike."""

    MEMORY = "memory"
    DEDUP = "memory+dedup"


@contextmanager
def worlds(folder: Path) -> Iterator[Callable[[Exact, Mode], World]]:
    """Makes worlds, each in the place of the one before: the same tables, empty again."""
    path, other = folder / "memories.db", folder / "undisturbed.db"
    blank_database(path)
    blank_database(other)
    engines, decoder = Engines(path), AvroDecoder(SchemaDirectory(SCHEMA.parent))
    with closing(Database(path)) as database, closing(Undisturbed(other, decoder)) as undisturbed:

        def make(seen: Exact, mode: Mode) -> World:
            database.clear()
            return World(database, engines, decoder, seen, undisturbed if mode is Mode.DEDUP else None)

        yield make
