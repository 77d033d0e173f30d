"""The breaker: what opens it, what holds it open, what closes it."""

import pytest

from consumer.breaker import LOOK_OPEN_SECONDS, LOOK_SECONDS, Breaker, Settlement
from consumer.errors import BreakerOpen
from consumer.records import Batch, Category, ClosedBy, Opening, Record, Rejection, Stage
from consumer.tolerance import Tolerance
from tests.fakes.clock import NOON, HandClock
from tests.fakes.kafka import FakeBroker, FakeDeadLetters
from tests.fakes.openings import FakeOpenings
from tests.stories import MEMORIES, record

TWO = Tolerance(max_errors=2)


class Bench:
    """A breaker that bears two bad records."""

    def __init__(self, openings: FakeOpenings | None = None, tolerance: Tolerance = TWO) -> None:
        self.openings = openings or FakeOpenings()
        self.clock = HandClock()
        self.breaker = Breaker(tolerance, self.openings, self.clock)

    def flood(self) -> None:
        """Three bad records in a batch."""
        records = [record(at) for at in range(3)]
        rejections = list(map(rejected, records))
        self.breaker.check(Batch(records, ClosedBy.COUNT), rejections)

    def settle_the_flood(self) -> Settlement:
        """Its three letters are sent; what became of the transaction is another matter."""
        broker = FakeBroker()
        broker.create_topic("letters")
        records = [record(at) for at in range(3)]
        settlement = Settlement(Batch(records, ClosedBy.COUNT), self.breaker, FakeDeadLetters(broker, "letters"))
        settlement.send([rejected(bad) for bad in records])
        return settlement

    def open(self) -> None:
        with pytest.raises(BreakerOpen) as opened:
            self.flood()
        self.breaker.opened(opened.value)

    def later_it_lets_pass(self) -> bool:
        self.clock.pass_(LOOK_OPEN_SECONDS)
        return self.breaker.lets_pass()


def rejected(bad: Record) -> Rejection:
    return Rejection(bad, Category.VALIDATION, "truncated", "ends early", "", Stage.VALUE_CONVERTER)


def test_open_it_lets_nothing_pass_until_somebody_closes_it() -> None:
    bench = Bench()
    assert bench.breaker.lets_pass() and bench.breaker.trouble is None
    bench.open()
    assert not bench.breaker.lets_pass()
    assert bench.openings.opening is not None and "3 records" in bench.openings.opening.why
    assert "3 records" in (bench.breaker.trouble or "")
    assert not bench.later_it_lets_pass()
    bench.openings.close("resume")
    assert bench.later_it_lets_pass()
    assert bench.breaker.trouble is None


def test_closed_by_hand_it_lets_what_opened_it_pass_once() -> None:
    bench = Bench()
    bench.open()
    bench.breaker.lets_pass()
    bench.openings.close("resume")
    assert bench.later_it_lets_pass()
    bench.flood()


def test_it_stays_open_while_the_database_is_away_and_is_recorded_later() -> None:
    bench = Bench()
    bench.openings.is_away = True
    bench.open()
    assert not bench.breaker.lets_pass()
    assert not bench.later_it_lets_pass()
    bench.openings.is_away = False
    bench.clock.pass_(60)
    assert not bench.breaker.lets_pass()
    assert bench.openings.opening is not None


def test_what_another_member_opened_is_not_opened_again() -> None:
    """It may have been closed meanwhile."""
    bench = Bench()
    bench.breaker.opened(BreakerOpen("a flood elsewhere", is_recorded=True))
    assert bench.breaker.lets_pass()
    assert bench.openings.opening is None


def test_an_opening_outlives_the_process() -> None:
    first = Bench()
    first.open()
    first.breaker.lets_pass()
    second = Bench(first.openings)
    second.breaker.adopt()
    assert not second.breaker.lets_pass()


def test_under_another_tolerance_it_is_closed() -> None:
    openings = FakeOpenings(Opening(NOON, "a flood", str(TWO)))
    bench = Bench(openings, Tolerance(max_errors=3))
    bench.breaker.adopt()
    assert bench.breaker.lets_pass()
    assert openings.closed_by == ["configuration"]


def test_an_idle_member_stands_still_too() -> None:
    openings = FakeOpenings()
    idle = Bench(openings)
    assert idle.breaker.lets_pass()
    openings.open("a flood elsewhere", str(TWO))
    assert idle.breaker.lets_pass(), "it has looked a moment ago"
    idle.clock.pass_(LOOK_SECONDS)
    assert not idle.breaker.lets_pass()


def test_resumed_while_nobody_ran_the_batch_passes_at_the_next_start() -> None:
    first = Bench()
    first.open()
    first.breaker.lets_pass()
    first.openings.close("resume")
    second = Bench(first.openings)
    second.breaker.adopt()
    second.flood()
    second.breaker.committed(second.settle_the_flood())
    third = Bench(first.openings)
    third.breaker.adopt()
    with pytest.raises(BreakerOpen):
        third.flood()


def test_a_try_that_had_happened_after_all_counts() -> None:
    bench = Bench(tolerance=Tolerance(max_errors=3))
    bench.settle_the_flood()
    bench.breaker.happened([MEMORIES])
    with pytest.raises(BreakerOpen):
        bench.flood()


def test_what_became_of_partitions_that_are_lost_is_not_known() -> None:
    bench = Bench(tolerance=Tolerance(max_errors=3))
    bench.settle_the_flood()
    bench.breaker.happened([])
    bench.flood()
