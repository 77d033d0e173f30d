"""What a running consumer can say of itself."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from consumer.effects import Effects
from consumer.records import CREATED, SAME_EVENT, Batch, ClosedBy, Record, TopicPartition, Written
from consumer.telemetry.statistics import Rate, Statistics
from tests.fakes.clock import NOON, HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def statistics(clock: HandClock) -> Statistics:
    return Statistics(clock)


def batch(size: int, closed_by: ClosedBy = ClosedBy.COUNT) -> Batch:
    source = TopicPartition("memories", 0)
    return Batch([Record(source, offset, None, None, [], 0) for offset in range(size)], closed_by)


def written(created: int = 0, known: int = 0, false_alarms: int = 0) -> Written:
    tally = Counter({CREATED: created, SAME_EVENT: known})
    return Written({}, tally=+tally, effects=Effects(confirmed=known, false_alarms=false_alarms))


def test_before_anything_happens_everything_is_zero_and_nothing_fails(statistics: Statistics) -> None:
    snapshot = statistics.snapshot()

    assert (snapshot.records, snapshot.records_per_second, snapshot.outcomes) == (0, 0.0, {})
    assert snapshot.started_at == NOON
    assert snapshot.last_batch_at is None


def test_batches_add_up(statistics: Statistics, clock: HandClock) -> None:
    clock.pass_(10)
    statistics.batch_done(batch(5), written(created=4, known=1), 0.2)
    clock.pass_(10)
    statistics.batch_done(batch(3, ClosedBy.AGE), written(created=2, known=1, false_alarms=1), 0.1)

    snapshot = statistics.snapshot()
    assert (snapshot.records, snapshot.batches) == (8, 2)
    assert snapshot.outcomes == {"created": 6, "same_event": 2}
    assert snapshot.effects == Effects(confirmed=2, false_alarms=1)
    assert snapshot.as_json()["effects"]["false_alarm_rate"] == 0.3333
    assert (snapshot.last_batch_size, snapshot.last_batch_seconds, snapshot.last_closed_by) == (3, 0.1, "age")
    assert snapshot.last_batch_at == clock.now()
    assert snapshot.records_per_second == pytest.approx(8 / 20)


def test_the_totals_name_each_outcome_in_full(statistics: Statistics) -> None:
    statistics.batch_done(batch(5), written(created=4, known=1), 0.2)
    statistics.batch_done(batch(2), written(created=2), 0.1)
    assert statistics.totals() == {"records": 7, "outcomes": {"duplicates/same_event": 1, "stored/created": 6}}


def test_the_last_trouble_is_told_also_when_it_is_over(statistics: Statistics, clock: HandClock) -> None:
    statistics.waiting("the database is away")
    clock.pass_(30)
    statistics.waiting("the database is starting")
    clock.pass_(10)
    statistics.batch_done(batch(1), written(created=1), 0.1)

    over = statistics.snapshot()
    assert over.last_trouble == "the database is starting"
    assert over.last_trouble_at == NOON + timedelta(seconds=30)


def test_a_snapshot_stays_as_it_is(statistics: Statistics) -> None:
    statistics.batch_done(batch(1), written(created=1), 0.1)
    before = statistics.snapshot("Redis is away")
    statistics.batch_done(batch(1), written(created=1), 0.1)

    assert before.records == 1
    assert before.outcomes == {"created": 1}
    assert before.filter_trouble == "Redis is away"


def test_a_snapshot_can_be_written_as_json(statistics: Statistics) -> None:
    statistics.batch_done(batch(2), written(created=2), 0.1)
    statistics.waiting("the database is away")

    told = json.loads(json.dumps(statistics.snapshot("Redis is away").as_json()))
    assert told["started_at"] == NOON.isoformat()
    assert told["outcomes"] == {"created": 2}
    assert told["filter_trouble"] == "Redis is away"


class TestRate:
    def test_nothing_done_is_a_rate_of_zero(self) -> None:
        assert Rate(0.0).per_second(0.0) == 0.0
        assert Rate(0.0).per_second(1_000.0) == 0.0

    def test_it_is_taken_over_the_last_minute(self) -> None:
        rate = Rate(0.0)
        for second in range(300):
            rate.add(10 if second < 200 else 40, float(second))

        assert rate.per_second(299.0) == pytest.approx(40.0)

    def test_what_is_more_than_a_minute_ago_no_longer_counts(self) -> None:
        rate = Rate(0.0)
        rate.add(600, 10.0)

        assert rate.per_second(30.0) == pytest.approx(20.0)
        assert rate.per_second(60.0) == pytest.approx(10.0)
        assert rate.per_second(71.0) == 0.0

    def test_the_first_moment_does_not_look_like_a_miracle(self) -> None:
        rate = Rate(0.0)
        rate.add(100, 0.001)

        assert rate.per_second(0.001) == pytest.approx(100.0)
