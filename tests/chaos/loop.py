"""The loop over Kafka in memory and a real PostgreSQL that misbehaves at a chosen moment.

No time passes while the loop waits; instead `waits` is called, where a test lets the trouble pass.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from consumer.adapters.sql.dialects import Timeouts
from consumer.adapters.sql.patience import Patience
from consumer.adapters.sql.store import SqlStore
from consumer.batching import BatchLimits
from consumer.breaker import Breaker
from consumer.memory.model import MemoryEvent
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.ports import Settlement
from consumer.records import Batch, Category, Claim, Found, Plan, Record, Rejection, Stage, TopicPartition, Written
from consumer.stopping import Bounds, Stop
from consumer.tolerance import Tolerance
from consumer.worker import Worker
from tests.fakes.clock import HandClock
from tests.fakes.kafka import FakeBroker, FakeDeadLetters, FakeGroup, FakeSource
from tests.fakes.observer import Nobody
from tests.fakes.openings import FakeOpenings
from tests.properties.filters import Exact
from tests.stories import event, event_id

BATCH = 6
RECORDS = 10
"""In each of the two partitions; every fifth is bad."""

BATCHES = 4

MOST_WAITS = 200

Connection = psycopg.Connection[tuple[object, ...]]


class Loop(Nobody):
    """A worker with two partitions to read. `acts` lists what it did to the database, in order.

    `before` is called with the name of an act and how often it was done; `waits`, with how often the loop has waited.
    """

    def __init__(self, engine: Engine, timeouts: Timeouts) -> None:
        self.acts: list[str] = []
        self.reasons: list[str] = []
        self.before: Callable[[str, int], None] = lambda act, times: None
        self.waits: Callable[[int], None] = lambda times: None
        self.before_letter: Callable[[], None] = lambda: None
        self._inner = SqlStore(engine, "g", HandClock(), timeouts)
        self._clock = HandClock()
        self._broker = _published()
        self._waited = 0
        source = FakeSource(FakeGroup(self._broker, "g", ["memories"]), "one", waited=self._wait)
        letters = FakeDeadLetters(self._broker, "letters")
        letters.before_each = lambda _: self.before_letter()
        self._worker = Worker(
            source=source,
            ownership=Ownership(source, self, self._clock),
            planner=Planner(_ByName(), max_record_bytes=1_000, max_ahead=timedelta(minutes=5)),
            seen=Exact(),
            store=self,
            dead_letters=letters,
            clock=self._clock,
            bounds=Bounds(BatchLimits(count=BATCH), Stop(self._clock.monotonic), self._clock, until_idle=30),
            observer=self,
            breaker=Breaker(Tolerance(), FakeOpenings(), self._clock),
        )

    def run(self) -> None:
        """Consume until there is nothing more to do."""
        self._worker.run()

    def has_waited_for(self, words: str) -> bool:
        """Whether these words were in the reason of some wait."""
        return any(words in reason for reason in self.reasons)

    def check(self, database: Connection) -> None:
        """Every record ended once, and as it should, seen over a connection of the test's own."""
        rows = database.execute(
            "SELECT partition, next_offset, records_read, stored, duplicates, dead_lettered FROM partitions"
        ).fetchall()
        bad = RECORDS // 5
        assert sorted(rows) == [(number, RECORDS, RECORDS, RECORDS - bad, 0, bad) for number in (0, 1)]
        names = _names(are_bad=False)
        memories = database.execute("SELECT memory_id, content FROM memories").fetchall()
        assert sorted(memories) == sorted((name, f"what {name} tells") for name in names)
        ledger = database.execute("SELECT event_id, memory_id FROM event_ledger").fetchall()
        assert sorted(ledger) == sorted((event_id(name), name) for name in names)
        letters = {record.value for record in self._broker.records("letters")}
        assert letters == {name.encode() for name in _names(are_bad=True)}

    def claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Claim]:
        self._act("claim")
        return self._inner.claim(found)

    def write(
        self, plan: Plan, suspects: Collection[UUID], claims: Mapping[TopicPartition, Claim], settlement: Settlement
    ) -> Written:
        self._act("write")
        return self._inner.write(plan, suspects, claims, settlement)

    def forget_obeyed(self, claims: Collection[Claim]) -> None:
        self._act("forget")
        self._inner.forget_obeyed(claims)

    def positions(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
        self._act("look")
        return self._inner.positions(sources)

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        self.acts.append("done")

    def waiting(self, reason: str) -> None:
        self.acts.append("wait")
        self.reasons.append(reason)

    def _act(self, act: str) -> None:
        self.acts.append(act)
        self.before(act, self.acts.count(act))

    def _wait(self, seconds: float) -> None:
        self._waited += 1
        assert self._waited < MOST_WAITS, self.acts[-20:]
        self._clock.pass_(seconds)
        self.waits(self._waited)


class _ByName:
    """A value is the name of an event, which is its memory's too; what begins with `bad` is none."""

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        name = (record.value or b"").decode()
        if name.startswith("bad"):
            return Rejection(record, Category.VALIDATION, "bad", "is bad", "", Stage.VALUE_CONVERTER)
        return event(name, memory_id=name)


def _published() -> FakeBroker:
    broker = FakeBroker()
    broker.create_topic("memories", partitions=2)
    broker.create_topic("letters", partitions=2)
    for partition in (0, 1):
        for number in range(RECORDS):
            broker.publish(TopicPartition("memories", partition), _name(partition, number).encode())
    return broker


def _name(partition: int, number: int) -> str:
    return f"{'bad' if number % 5 == 0 else 'good'}-{partition}-{number}"


def _names(*, are_bad: bool) -> list[str]:
    names = [_name(partition, number) for partition in (0, 1) for number in range(RECORDS)]
    return [name for name in names if name.startswith("bad") == are_bad]


class OpenLoop(Protocol):
    """Makes a loop over an empty database, behind the test's proxy."""

    def __call__(self, timeouts: Timeouts | None = None, patience: Patience | None = None) -> Loop:
        """A loop that has not begun."""
