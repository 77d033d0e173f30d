"""The equation, in numbers and in words."""

from consumer.cli.demo.reconciliation import Reconciliation
from consumer.effects import Effects
from consumer.records import CREATED, DELETED, SAME_EVENT, Kind, Outcome

REFUSED = Outcome(Kind.DEAD_LETTERED, "validation")


def test_it_holds_when_every_publish_is_accounted_for() -> None:
    told = Reconciliation(10, {REFUSED: 2, CREATED: 5, SAME_EVENT: 1, DELETED: 2}, seconds=2.0)
    assert told.holds
    assert told.equation() == "10 published = 7 stored + 0 merged + 1 duplicates + 2 dead-lettered"
    assert told.as_json() == {
        "published": 10,
        "stored": 7,
        "merged": 0,
        "duplicates": 1,
        "dead_lettered": 2,
        "by_category": {"created": 5, "deleted": 2, "same_event": 1, "validation": 2},
        "seconds": 2.0,
        "events_per_second": 5.0,
        "effects": Effects().as_json(),
    }


def test_it_does_not_hold_when_one_is_missing_or_counted_twice() -> None:
    assert not Reconciliation(10, {CREATED: 9}, 1.0).holds
    told = Reconciliation(10, {CREATED: 11}, 1.0)
    assert not told.holds
    assert told.equation().startswith("10 published ≠ 11 stored")


def test_nothing_is_nothing_at_a_rate_of_nothing() -> None:
    told = Reconciliation(0, {}, 0.0)
    assert told.holds
    assert told.per_second == 0
    assert told.as_json()["by_category"] == {}
