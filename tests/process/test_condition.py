"""What a consumer says of itself."""

import json
from datetime import timedelta

import pytest

from consumer.process.condition import HELD_UP, STARTING, Condition, Health
from consumer.records import Batch, ClosedBy, Written
from tests.fakes.clock import NOON, HandClock
from tests.process.conditions import ONE, ZERO, Breaker, Place, Titles

SWIFT_WITHIN, ALIVE_WITHIN = 10, 300


class Consumer:
    """A consumer's condition, with its place and its titles to change."""

    def __init__(self, place: Place | None = None, titles: Titles | None = None) -> None:
        self.place, self.titles, self.breaker, self.clock = place or Place(), titles or Titles(), Breaker(), HandClock()
        self.condition = Condition(
            self.place,
            self.titles,
            self.breaker,
            self.clock,
            swift_within=SWIFT_WITHIN,
            alive_within=ALIVE_WITHIN,
        )

    @property
    def health(self) -> Health:
        return self.condition.health()

    def finish_a_batch(self) -> None:
        self.condition.batch_done(Batch([], ClosedBy.COUNT), Written({}), 0.1)


def test_at_work() -> None:
    assert Consumer().health == Health(live=True, ready=True, assigned=2, claimed=2)


def test_who_got_no_partition_is_ready() -> None:
    assert Consumer(Place(assigned=()), Titles(claims=())).health.ready


@pytest.mark.parametrize(
    ("place", "titles", "reason"),
    [
        (Place(trouble="no broker"), Titles(), "no broker"),
        (Place(), Titles(trouble="no database", claims=(ZERO,)), "no database"),
        (Place(), Titles(claims=(ZERO,)), "claiming partitions: 1 of 2"),
        (Place(is_member=False, assigned=()), Titles(claims=()), "joining the group"),
    ],
    ids=["broker", "database", "claims", "group"],
)
def test_what_it_waits_for(place: Place, titles: Titles, reason: str) -> None:
    health = Consumer(place, titles).health
    assert (health.live, health.ready, health.waiting_for) == (True, False, reason)


def test_an_open_breaker_is_why_nothing_is_claimed() -> None:
    consumer = Consumer(titles=Titles(claims=()))
    consumer.breaker.trouble = "the breaker is open: all are bad"
    health = consumer.health
    assert (health.live, health.ready) == (True, False)
    assert health.waiting_for == health.breaker == "the breaker is open: all are bad"


def test_a_stalled_partition_is_named_and_makes_unready() -> None:
    health = Consumer(Place(stalled=(ONE,))).health
    assert (health.live, health.ready, health.waiting_for, health.stalled) == (True, False, None, ("memories[1]",))


def test_a_wait_is_told_from_when_it_began_and_ends_with_the_batch() -> None:
    consumer = Consumer()
    consumer.clock.pass_(10)
    consumer.condition.waiting("the database is away")
    consumer.clock.pass_(30)
    consumer.condition.waiting("the database is starting")

    waiting = consumer.health
    assert (waiting.ready, waiting.waiting_for) == (False, "the database is starting")
    assert waiting.waiting_since == NOON + timedelta(seconds=10)

    consumer.finish_a_batch()
    assert consumer.health == Consumer().health


def test_a_batch_of_which_nothing_is_left_waits_no_longer() -> None:
    """Its partitions are gone, or it had happened: no batch is reported, but the loop goes round."""
    consumer = Consumer()
    consumer.condition.waiting("the database is away")
    consumer.condition.turned()
    assert consumer.health.ready


def test_a_wait_begins_when_the_loop_meets_it_not_when_somebody_asks() -> None:
    consumer = Consumer()
    consumer.place.trouble = "no broker"
    consumer.condition.turned()
    consumer.clock.pass_(30)
    consumer.place.trouble = "no leader"
    assert consumer.health.waiting_since == NOON


def test_a_try_that_takes_long_is_waited_for_since_the_loop_stands_still() -> None:
    consumer = Consumer()
    consumer.condition.turned()
    consumer.clock.pass_(SWIFT_WITHIN)
    assert consumer.health.ready
    consumer.clock.pass_(1)
    health = consumer.health
    assert (health.live, health.ready, health.waiting_for) == (True, False, HELD_UP)
    assert health.waiting_since == NOON
    consumer.finish_a_batch()
    assert consumer.health.ready


def test_it_lives_while_the_loop_goes_round_whatever_it_waits_for() -> None:
    consumer = Consumer(Place(trouble="no broker"))
    for _ in range(10):
        consumer.clock.pass_(ALIVE_WITHIN)
        assert consumer.health.live
        consumer.condition.waiting("the database is away")
    consumer.clock.pass_(ALIVE_WITHIN + 1)
    assert not consumer.health.live
    consumer.condition.turned()
    assert consumer.health.live


def test_it_can_be_written_as_json() -> None:
    consumer = Consumer(Place(stalled=(ZERO,)))
    consumer.condition.waiting("the database is away")
    assert json.loads(json.dumps(consumer.health.as_json())) == {
        "live": True,
        "ready": False,
        "waiting_for": "the database is away",
        "waiting_since": NOON.isoformat(),
        "assigned": 2,
        "claimed": 2,
        "breaker": None,
        "stalled": ["memories[0]"],
    }
    assert json.loads(json.dumps(STARTING.as_json()))["waiting_for"] == "starting"
