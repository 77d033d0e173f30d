"""What is broken just now, and when each is to be healed."""

import heapq
import time
from itertools import count
from threading import Event
from typing import NamedTuple

from tests.chaos.siege.sequence import Heal


class _Due(NamedTuple):
    at: float
    number: int
    targets: frozenset[str]
    heal: Heal


class Illnesses:
    """One thread injects and heals, so that no two hands are on one thing."""

    def __init__(self) -> None:
        self._due: list[_Due] = []
        self._numbers = count()

    def add(self, targets: frozenset[str], seconds: float, heal: Heal) -> None:
        """Something is broken, for so long."""
        heapq.heappush(self._due, _Due(time.monotonic() + seconds, next(self._numbers), targets, heal))

    def wait_for(self, targets: frozenset[str]) -> None:
        """Until these are well; what else is due meanwhile is healed, too."""
        while any(due.targets & targets for due in self._due):
            self._heal_next()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, healing what is due."""
        until = time.monotonic() + seconds
        while self._due and self._due[0].at <= until:
            self._heal_next()
        _wait_until(until)

    def heal_all(self) -> None:
        """At once."""
        while self._due:
            heapq.heappop(self._due).heal()

    def _heal_next(self) -> None:
        due = heapq.heappop(self._due)
        _wait_until(due.at)
        due.heal()


def _wait_until(moment: float) -> None:
    Event().wait(max(0.0, moment - time.monotonic()))
