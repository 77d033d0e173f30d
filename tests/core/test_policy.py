"""When something that is away is asked again."""

from consumer.policy import Availability, Recovery


def test_waits_double_up_to_the_longest() -> None:
    recovery = Recovery(first=1, longest=5)
    assert [recovery.wait(failures, chance=lambda: 0.0) for failures in (1, 2, 3, 4, 99)] == [1, 2, 4, 5, 5]
    assert recovery.wait(3, chance=lambda: 1.0) == 2


def test_something_away_is_left_alone_for_a_while() -> None:
    availability = Availability(Recovery(first=10, longest=10))
    assert availability.may_ask(now=0)
    assert availability.failed("no route", now=0), "the first failure is news"
    assert not availability.failed("no route", now=1)
    assert availability.trouble == "no route"
    assert not availability.may_ask(now=5)
    assert availability.may_ask(now=11)
    assert availability.worked(), "coming back is news"
    assert not availability.worked()
    assert availability.may_ask(now=0)
