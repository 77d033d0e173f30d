"""When a demonstration is over: by its end, or because nothing moves."""

import pytest

from consumer.cli.demo.pacing import Pace
from consumer.cli.demo.watching import DONE, STALL_SECONDS, Watch
from consumer.records import Batch, ClosedBy, Record, TopicPartition, Written
from consumer.stopping import Stop
from tests.fakes.clock import HandClock


class Publisher:
    """The other thread, as far as it is asked."""

    acknowledged: int | None = None
    error: Exception | None = None


class Bar:
    """Counts."""

    done = 0

    def advance(self, n: int = 1) -> None:
        self.done += n

    def update(self, *, description: str) -> None:
        """Whatever it says."""


@pytest.fixture
def parts() -> tuple[Watch, Stop, HandClock, Publisher]:
    stop, clock, publisher = Stop(), HandClock(), Publisher()
    return Watch(stop, clock, Pace(), Bar(), publisher), stop, clock, publisher


def batch(count: int) -> Batch:
    return Batch([Record(TopicPartition("t", 0), at, None, b"", (), 0) for at in range(count)], ClosedBy.AGE)


Parts = tuple[Watch, Stop, HandClock, Publisher]


def test_it_ends_when_the_last_record_is_consumed(parts: Parts) -> None:
    watch, stop, _, publisher = parts
    watch.batch_done(batch(3), Written({}), 0.1)
    publisher.acknowledged = 5
    watch.published()
    assert not stop.requested
    watch.batch_done(batch(2), Written({}), 0.1)
    assert stop.reason == DONE


def test_it_ends_when_all_was_consumed_before_the_last_acknowledgement(parts: Parts) -> None:
    watch, stop, _, publisher = parts
    watch.batch_done(batch(5), Written({}), 0.1)
    assert not stop.requested
    publisher.acknowledged = 5
    watch.published()
    assert stop.reason == DONE


def test_nothing_published_is_done_at_once(parts: Parts) -> None:
    watch, stop, _, publisher = parts
    publisher.acknowledged = 0
    watch.published()
    assert stop.reason == DONE


def test_a_publisher_that_fails_ends_it(parts: Parts) -> None:
    watch, stop, _, publisher = parts
    publisher.error = ValueError("line 7")
    watch.published()
    assert stop.reason == "the publisher failed"


def test_waiting_without_end_ends_it_and_says_what_was_waited_for(parts: Parts) -> None:
    watch, stop, clock, _ = parts
    watch.waiting("the database is away")
    clock.pass_(STALL_SECONDS - 1)
    watch.waiting("the database is away")
    assert not stop.requested
    clock.pass_(1)
    watch.waiting("the database is away")
    assert "the database is away" in stop.reason


def test_progress_starts_the_wait_anew(parts: Parts) -> None:
    watch, stop, clock, _ = parts
    clock.pass_(STALL_SECONDS - 1)
    watch.batch_done(batch(1), Written({}), 0.1)
    clock.pass_(STALL_SECONDS - 1)
    watch.waiting("a lock")
    assert not stop.requested


def test_what_did_not_come_is_counted(parts: Parts) -> None:
    watch, _, _, publisher = parts
    watch.batch_done(batch(3), Written({}), 0.1)
    publisher.acknowledged = 5
    assert watch.what_is_missing() == "for 60 s no record came; 3 of 5 had come before"


def test_seconds_run_from_the_first_batch_to_the_last_commit(parts: Parts) -> None:
    watch, _, clock, _ = parts
    assert watch.seconds == 0
    clock.pass_(5)
    watch.batch_done(batch(1), Written({}), 0.5)
    clock.pass_(2)
    watch.batch_done(batch(1), Written({}), 0.1)
    clock.pass_(9)
    assert watch.seconds == 2.5
