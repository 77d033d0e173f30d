"""The publisher's bound, with two threads: what has to happen is waited for, within bounds."""

from threading import Condition, Event, Thread

import pytest

from consumer.cli.demo import pacing
from consumer.cli.demo.pacing import Closed, Pace

SOON = 60.0


class NotedCondition(Condition):
    """Tells that somebody has begun to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waiting.set()
        return super().wait(timeout)


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> NotedCondition:
    """What the paces of the test wait with."""
    noted = NotedCondition()
    monkeypatch.setattr(pacing, "Condition", lambda: noted)
    return noted


class Publisher:
    """Publishes in a thread of its own; `done` when all is let through, or when it is `turned_away`."""

    def __init__(self, pace: Pace, *sizes: int) -> None:
        self._pace = pace
        self._sizes = sizes
        self.done = Event()
        self.turned_away = False
        Thread(target=self._publish, daemon=True).start()

    def _publish(self) -> None:
        try:
            for size in self._sizes:
                self._pace.publishing(size)
        except Closed:
            self.turned_away = True
        self.done.set()


@pytest.mark.parametrize("sizes", [(60, 40), (100,)])
def test_what_fits_is_let_through_at_once(changed: NotedCondition, sizes: tuple[int, ...]) -> None:
    assert Publisher(Pace(100), *sizes).done.wait(SOON)
    assert not changed.waiting.is_set()


def test_what_is_larger_than_the_bound_goes_alone(changed: NotedCondition) -> None:
    assert Publisher(Pace(100), 500).done.wait(SOON)
    assert not changed.waiting.is_set()


@pytest.mark.parametrize("larger", [41, 500])
def test_the_rest_waits_until_there_is_room(changed: NotedCondition, larger: int) -> None:
    pace = Pace(100)
    publisher = Publisher(pace, 60, larger)
    assert changed.waiting.wait(SOON)
    assert not publisher.done.is_set()
    pace.consumed(60)
    assert publisher.done.wait(SOON)
    assert not publisher.turned_away


def test_nobody_waits_for_a_consumer_that_is_gone(changed: NotedCondition) -> None:
    pace = Pace(100)
    publisher = Publisher(pace, 100, 1)
    assert changed.waiting.wait(SOON)
    pace.close()
    assert publisher.done.wait(SOON)
    assert publisher.turned_away
