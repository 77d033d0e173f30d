"""Signs of life, from a thread: waited for, never slept for."""

from collections.abc import Mapping
from datetime import datetime
from queue import Queue
from threading import Event
from typing import Any

from consumer.errors import Transient
from consumer.process.heartbeat import Heartbeat
from tests.fakes.clock import NOON, HandClock


class Register:
    """Keeps what it is told; may be away."""

    def __init__(self, *, away: int = 0) -> None:
        self.told: Queue[tuple[Any, ...]] = Queue()
        self._away = away

    def beat(self, consumer_id: str, group_id: str, now: datetime, snapshot: Mapping[str, Any]) -> None:
        if self._away:
            self._away -= 1
            raise Transient("the database is away")
        self.told.put(("beat", consumer_id, group_id, now, dict(snapshot)))

    def leave(self, consumer_id: str) -> None:
        self.told.put(("leave", consumer_id))


def test_it_beats_at_once_and_again_and_takes_its_leave() -> None:
    register, counts = Register(), iter(range(1_000))
    with Heartbeat(register, "me", "group", lambda: {"records": next(counts)}, HandClock(), every=0.01):
        first, second = register.told.get(timeout=60), register.told.get(timeout=60)
    assert first == ("beat", "me", "group", NOON, {"records": 0})
    assert second[4] == {"records": 1}
    *_, last = register.told.queue
    assert last == ("leave", "me")


def test_a_database_that_is_away_is_tried_again_and_stops_nobody() -> None:
    register = Register(away=2)
    with Heartbeat(register, "me", "group", dict, HandClock(), every=0.01):
        assert register.told.get(timeout=60)[0] == "beat"


def test_a_database_that_hangs_is_not_asked_again_on_the_way_out() -> None:
    answers = Event()

    class Hanging(Register):
        def beat(self, consumer_id: str, group_id: str, now: datetime, snapshot: Mapping[str, Any]) -> None:
            super().beat(consumer_id, group_id, now, snapshot)
            answers.wait()

    register = Hanging()
    with Heartbeat(register, "me", "group", dict, HandClock(), every=0.01):
        assert register.told.get(timeout=60)[0] == "beat"
    assert register.told.empty()
    answers.set()


def test_leaving_does_not_wait_for_the_next_beat() -> None:
    register = Register()
    with Heartbeat(register, "me", "group", dict, HandClock(), every=3_600):
        register.told.get(timeout=60)
    assert register.told.get(timeout=60) == ("leave", "me")
