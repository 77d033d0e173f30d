"""The loop, where it does not simply go on: stopped, intolerant, robbed of a partition, left in doubt."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.adapters.sql.store import SqlStore
from consumer.batching import BatchLimits
from consumer.breaker import Breaker
from consumer.errors import Fatal, TookTooLong, Transient
from consumer.memory.model import MemoryEvent
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.ports import Settlement
from consumer.records import Batch, Category, Claim, Plan, Record, Rejection, Stage, TopicPartition, Written
from consumer.stopping import Bounds, Stop
from consumer.tolerance import Tolerance
from consumer.worker import Worker
from tests.contracts.places import found
from tests.fakes.clock import HandClock
from tests.fakes.kafka import FakeBroker, FakeDeadLetters, FakeGroup, FakeSource
from tests.fakes.observer import Nobody
from tests.fakes.openings import FakeOpenings
from tests.properties.filters import Exact
from tests.stories import event

ZERO, ONE = TopicPartition("memories", 0), TopicPartition("memories", 1)


class ByName:
    """A value is the name of an event, whose memory it names too; `bad` is none."""

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        name = (record.value or b"").decode()
        if name == "bad":
            return Rejection(record, Category.VALIDATION, "bad", "is bad", "", Stage.VALUE_CONVERTER)
        return event(name, memory_id=name)


class CountingSource(FakeSource):
    """Remembers what it was asked to commit, and how each wait ended. `on_hold` happens in the middle of it."""

    def __init__(self, group: FakeGroup, waited: Callable[[float], None]) -> None:
        super().__init__(group, "one", waited=waited)
        self.commits_asked: list[dict[TopicPartition, int]] = []
        self.on_hold: Callable[[], None] = nothing
        self.cut_short: list[bool] = []

    def commit(self, claims: Mapping[TopicPartition, Claim]) -> None:
        self.commits_asked.append({source: claim.next_offset for source, claim in claims.items()})
        super().commit(claims)

    def hold(self, seconds: float, is_over: Callable[[], bool]) -> None:
        self.on_hold()
        self.cut_short.append(is_over())
        super().hold(seconds, is_over)


class Bench:
    """A worker over Kafka in memory and SQLite. `store.before` happens before each try."""

    def __init__(self, engine: Engine, tolerance: Tolerance) -> None:
        self.engine = engine
        self.clock = HandClock()
        self.stop = Stop(self.clock.monotonic)
        self.broker = FakeBroker()
        self.broker.create_topic("memories", partitions=2)
        self.broker.create_topic("letters")
        self.group = FakeGroup(self.broker, "g", ["memories"])
        self.source = CountingSource(self.group, self.clock.pass_)
        self.openings = FakeOpenings()
        self.store = HinderedStore(SqlStore(engine, "g", self.clock))
        self.worker = Worker(
            source=self.source,
            ownership=Ownership(self.source, self.store, self.clock),
            planner=Planner(ByName(), max_record_bytes=1_000, max_ahead=timedelta(minutes=5)),
            seen=Exact(),
            store=self.store,
            dead_letters=FakeDeadLetters(self.broker, "letters"),
            clock=self.clock,
            bounds=Bounds(BatchLimits(), self.stop, self.clock, until_idle=30, patience=20),
            observer=Nobody(),
            breaker=Breaker(tolerance, self.openings, self.clock),
        )

    def publish(self, source: TopicPartition, *names: str) -> None:
        for name in names:
            self.broker.publish(source, name.encode())

    def stored(self) -> set[str]:
        with self.engine.connect() as connection:
            return set(connection.scalars(text("SELECT memory_id FROM memories")))

    def committed(self) -> Sequence[int]:
        return [position.offset for position in self.broker.committed.values()]


class HinderedStore:
    """The real store, with something that happens before, or after, each write. More than `bears` takes too long."""

    def __init__(self, inner: SqlStore) -> None:
        self._inner = inner
        self.claim = inner.claim
        self.positions = inner.positions
        self.forget_obeyed = inner.forget_obeyed
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.bears = 1_000
        self.asked: list[int] = []

    def write(
        self, plan: Plan, suspects: Collection[UUID], claims: Mapping[TopicPartition, Claim], settlement: Settlement
    ) -> Written:
        self.before()
        self.asked.append(len(plan.arrivals))
        if len(plan.arrivals) > self.bears:
            raise TookTooLong("database: canceling statement due to statement timeout")
        written = self._inner.write(plan, suspects, claims, settlement)
        self.after()
        return written


class Told(Nobody):
    """An observer that keeps what it was told of."""

    def __init__(self) -> None:
        self.of: list[str] = []

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        self.of.append("done")

    def waiting(self, reason: str) -> None:
        self.of.append("waiting")

    def turned(self) -> None:
        self.of.append("turned")


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    engine = open_engine(f"sqlite:///{tmp_path}/memories.db")
    upgrade(engine)
    yield Bench(engine, getattr(request, "param", Tolerance()))
    engine.dispose()


def test_a_batch_is_committed_once_without_waiting(bench: Bench) -> None:
    """A second call would wait for the answer to the first."""
    bench.publish(ZERO, "a", "b")
    bench.worker.run()
    assert bench.stored() == {"a", "b"}
    assert bench.source.commits_asked == [{ZERO: 2, ONE: 0}]


def test_a_wait_whose_batch_had_happened_ends_with_the_turn_of_the_loop(bench: Bench) -> None:
    bench.publish(ZERO, "a")
    told = Told()

    def answer_lost() -> None:
        bench.store.after = nothing
        raise Transient("database: connection lost")

    bench.store.after = answer_lost
    replace(bench.worker, observer=told).run()
    assert bench.stored() == {"a"}
    assert "done" not in told.of
    assert told.of[told.of.index("waiting") + 1] == "turned"


def test_asked_to_stop_with_the_database_away_it_leaves_the_batch_uncommitted(bench: Bench) -> None:
    bench.publish(ZERO, "a")
    tries = []

    def away() -> None:
        tries.append(bench.clock.monotonic())
        bench.stop.request("SIGTERM")
        raise Transient("database: away")

    bench.store.before = away
    bench.worker.run()
    assert tries[-1] - tries[0] >= 20, "it was patient"
    assert bench.clock.monotonic() < 120, "but not for ever"
    assert (bench.stored(), bench.committed()) == (set(), [])


def test_a_stop_cuts_the_wait_short_in_which_it_comes_and_no_later_one(bench: Bench) -> None:
    bench.publish(ZERO, "a")
    bench.store.before = away
    bench.source.on_hold = lambda: bench.stop.request("SIGTERM")
    bench.worker.run()
    assert bench.source.cut_short[:2] == [True, False]
    assert not any(bench.source.cut_short[1:])


def test_asked_to_stop_it_finishes_the_batch_in_hand(bench: Bench) -> None:
    bench.publish(ZERO, "a", "b")
    bench.store.before = lambda: bench.stop.request("SIGTERM")
    bench.worker.run()
    assert bench.stored() == {"a", "b"}
    assert 2 in bench.committed()


def test_a_batch_that_takes_too_long_is_done_in_portions(bench: Bench) -> None:
    bench.publish(ZERO, *"abcdefghij")
    bench.publish(ONE, "k")
    bench.store.bears = 3
    bench.worker.run()
    assert bench.stored() == set("abcdefghijk")
    assert bench.store.asked == [11, 5, 2, 2, 2, 2, 2, 1]
    assert max(bench.committed()) == 10


def test_a_single_record_is_no_smaller(bench: Bench) -> None:
    bench.publish(ZERO, "a", "b")
    bench.store.bears = 0
    bench.source.on_hold = lambda: setattr(bench.store, "bears", len(bench.store.asked) // 4)
    bench.worker.run()
    assert bench.store.asked == [2, 1, 1, 1, 1, 1]


def test_asked_to_stop_it_does_not_go_on_in_portions_for_ever(bench: Bench) -> None:
    bench.publish(ZERO, *"abcdefgh")
    bench.store.bears = 1

    def asked_to_stop() -> None:
        bench.stop.request("SIGTERM")
        bench.clock.pass_(15)

    bench.store.after = asked_to_stop
    bench.worker.run()
    assert bench.stored() == {"a", "b"}
    assert max(bench.committed()) == 2


INTOLERANT = Tolerance(continue_on_error=False)
ALL_OR_NOTHING = Tolerance(continue_on_error=False, validate_first=True)


@pytest.mark.parametrize("bench", [ALL_OR_NOTHING], indirect=True)
def test_intolerant_it_stops_at_bad_data_with_nothing_sent_or_stored(bench: Bench) -> None:
    bench.publish(ZERO, "a", "bad", "b")
    with pytest.raises(Fatal, match=r"memories-0-1 .*\(validation, bad: is bad\)"):
        bench.worker.run()
    assert (bench.stored(), bench.committed(), bench.broker.records("letters")) == (set(), [], [])


@pytest.mark.parametrize("bench", [INTOLERANT], indirect=True)
def test_intolerant_inline_it_writes_what_was_read_before_the_bad_record(bench: Bench) -> None:
    bench.publish(ZERO, "a", "b", "bad", "c", "bad")
    with pytest.raises(Fatal, match=r"memories-0-2 .*\(validation, bad: is bad\)"):
        bench.worker.run()
    assert (bench.stored(), max(bench.committed())) == ({"a", "b"}, 2)
    assert bench.broker.records("letters") == []


@pytest.mark.parametrize("bench", [INTOLERANT], indirect=True)
def test_intolerant_inline_a_first_record_that_is_bad_stops_it_with_nothing_written(bench: Bench) -> None:
    bench.publish(ZERO, "bad", "a")
    with pytest.raises(Fatal, match="memories-0-0"):
        bench.worker.run()
    assert bench.stored() == set()


@pytest.mark.parametrize(
    ("bench", "stored", "reason"),
    [
        (INTOLERANT, {"a"}, r"memories-0-1 .*\(database, row_refused: .*forbidden"),
        (ALL_OR_NOTHING, set(), r"memories-0-3 .*\(validation, bad: is bad\)"),
    ],
    indirect=["bench"],
)
def test_intolerant_a_row_that_the_database_refuses_stops_it_like_any_bad_record(
    bench: Bench, stored: set[str], reason: str
) -> None:
    with bench.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER forbidden BEFORE INSERT ON memories"
                " WHEN NEW.memory_id = 'c' BEGIN SELECT RAISE(ABORT, 'forbidden'); END"
            )
        )
    bench.publish(ZERO, "a", "c", "b", "bad")
    with pytest.raises(Fatal, match=reason):
        bench.worker.run()
    assert (bench.stored(), bench.broker.records("letters")) == (stored, [])


@pytest.mark.parametrize("bench", [INTOLERANT], indirect=True)
def test_intolerant_inline_a_database_that_goes_away_between_does_not_write_twice(bench: Bench) -> None:
    bench.publish(ZERO, "a", "b", "bad")

    def answer_lost() -> None:
        bench.store.after = nothing
        raise Transient("database: connection lost")

    bench.store.after = answer_lost
    with pytest.raises(Fatal, match="memories-0-2"):
        bench.worker.run()
    assert bench.stored() == {"a", "b"}
    with bench.engine.connect() as connection:
        assert connection.execute(text("SELECT next_offset, stored FROM partitions WHERE partition = 0")).one() == (
            2,
            2,
        )


@pytest.mark.parametrize("bench", [Tolerance(), Tolerance(validate_first=True)], indirect=True)
def test_tolerant_both_ways_of_validating_end_alike(bench: Bench) -> None:
    bench.publish(ZERO, "a", "bad", "b", "bad")
    bench.worker.run()
    assert (bench.stored(), len(bench.broker.records("letters"))) == ({"a", "b"}, 2)


@pytest.mark.parametrize("bench", [Tolerance(max_errors=1)], indirect=True)
def test_with_too_much_bad_data_a_bounded_run_stops_with_nothing_sent_or_stored(bench: Bench) -> None:
    bench.publish(ZERO, "a", "bad", "bad")
    with pytest.raises(Fatal, match="2 records can't be processed") as stopped:
        bench.worker.run()
    assert "resume" in stopped.value.advice
    assert (bench.stored(), bench.committed(), bench.broker.records("letters")) == (set(), [], [])
    assert bench.openings.opening is not None


@pytest.mark.parametrize("bench", [Tolerance(max_errors=1)], indirect=True)
def test_with_too_much_bad_data_it_stands_still_until_somebody_closes_the_breaker(bench: Bench) -> None:
    bench.publish(ZERO, "a", "bad", "bad")
    bench.publish(ONE, "b")
    bench.openings.meanwhile = [nothing, nothing, lambda: bench.openings.close("resume")]
    bench.store.after = lambda: bench.stop.request("enough")
    replace(bench.worker, bounds=Bounds(BatchLimits(), bench.stop, bench.clock)).run()
    assert not bench.openings.meanwhile, "it was closed by hand"
    assert bench.stored() == {"a", "b"}
    assert [record.value for record in bench.broker.records("letters")] == [b"bad", b"bad"]
    assert bench.openings.opening is None


@pytest.mark.parametrize("bench", [Tolerance(max_errors=1)], indirect=True)
def test_what_is_passed_over_while_the_breaker_is_open_is_not_read(bench: Bench) -> None:
    bench.publish(ZERO, "bad", "bad", "a")

    def skip() -> None:
        bench.broker.move_committed("g", ZERO, 2)
        bench.openings.close("resume")

    bench.openings.meanwhile = [nothing, skip]
    bench.store.after = lambda: bench.stop.request("enough")
    replace(bench.worker, bounds=Bounds(BatchLimits(), bench.stop, bench.clock)).run()
    assert (bench.stored(), bench.broker.records("letters")) == ({"a"}, [])


def away() -> None:
    raise Transient("database: away")


def nothing() -> None:
    """Somebody looks, and does nothing."""


def test_of_a_batch_only_the_records_of_lost_partitions_are_dropped(bench: Bench) -> None:
    bench.publish(ZERO, "a")
    bench.publish(ONE, "b")

    def rob_once() -> None:
        bench.store.before = lambda: None
        bench.store.claim({ONE: found(bench.source, ONE)})
        bench.stop.request("enough")

    bench.store.before = rob_once
    bench.worker.run()
    assert bench.stored() == {"a"}


def test_of_what_the_group_took_away_meanwhile_nothing_is_written_or_committed(bench: Bench) -> None:
    """Whoever has it now may not have claimed it yet: the database would still let us write."""
    bench.publish(ZERO, "a")
    bench.publish(ONE, "b")
    bench.store.before = away

    def seize() -> None:
        bench.store.before = nothing
        bench.source.on_hold = nothing
        bench.group.seize(ZERO, FakeSource(bench.group, "two"))
        bench.group.move(ONE, bench.source)
        bench.stop.request("enough")

    bench.source.on_hold = seize
    bench.worker.run()
    assert bench.stored() == {"b"}
    assert bench.source.commits_asked == [{ONE: 1}]


def test_a_write_that_had_happened_after_all_is_not_done_again(bench: Bench) -> None:
    bench.publish(ZERO, "a")

    def cut() -> None:
        bench.store.after = lambda: None
        raise Transient("database: the connection was lost at COMMIT")

    bench.store.after = cut
    bench.worker.run()
    assert bench.stored() == {"a"}
    assert 1 in bench.committed(), "its offset is committed all the same"
    with bench.engine.connect() as connection:
        assert connection.scalar(text("SELECT sum(records_read) FROM partitions")) == 1


@pytest.mark.parametrize("bench", [Tolerance(max_errors=0), Tolerance(continue_on_error=False)], indirect=True)
def test_a_verdict_over_records_that_another_owner_has_passed_is_none(bench: Bench) -> None:
    """A process that was frozen with them in hand wakes up: it must not stop the whole group."""
    bench.publish(ZERO, "bad", "a")

    def another_passes_it() -> None:
        with bench.engine.begin() as connection:
            connection.execute(text("UPDATE partitions SET epoch = epoch + 1, next_offset = 1 WHERE partition = 0"))

    bench.source.meanwhile = another_passes_it
    bench.worker.run()
    assert bench.openings.opening is None
    assert bench.stored() == {"a"}
