"""The consumers of the group, and whoever looks after them: one that ended is started again."""

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.consumers import Consumer, Fleet

LEAST, MOST = 2, 4
STOPS_WITHIN = 45.0
"""Seconds: a batch in hand may still be tried, and the group be left."""

HAS_BEGUN = '"message": "consuming"'
"""What a consumer logs once everything it needs has answered. Before that it may give up, and is started again."""


@dataclass
class Members:
    """One thread calls all of it. `gave_up` holds the logs of those that ended although waiting would have helped.

    What is done to one of them returns whether that one had begun to consume.
    """

    fleet: Fleet
    wanted: int = 3
    restarts: int = 0
    gave_up: list[str] = field(default_factory=list)
    _awake: list[Consumer] = field(default_factory=list)
    _frozen: list[Consumer] = field(default_factory=list)
    _leaving: dict[Consumer, float] = field(default_factory=dict)

    @property
    def started(self) -> int:
        """How many there have been."""
        return len(self.fleet.started)

    def fill(self) -> None:
        """Start as many as are missing."""
        while len(self._awake) + len(self._frozen) < self.wanted:
            self._awake.append(self.fleet.start())

    def kill_one(self, chance: random.Random) -> bool:
        """SIGKILL; another is started."""
        consumer = self._take(chance)
        consumer.kill()
        self.fill()
        return consumer.has_logged(HAS_BEGUN)

    def freeze_one(self, chance: random.Random) -> bool:
        """SIGSTOP."""
        consumer = self._take(chance)
        consumer.signal(signal.SIGSTOP)
        self._frozen.append(consumer)
        return consumer.has_logged(HAS_BEGUN)

    def wake_all(self) -> None:
        """SIGCONT."""
        for consumer in self._frozen:
            consumer.signal(signal.SIGCONT)
        self._awake += self._frozen
        self._frozen.clear()

    def replace_one(self, chance: random.Random) -> bool:
        """SIGTERM; another is started meanwhile."""
        had_begun = self._ask_to_leave(self._take(chance))
        self.fill()
        return had_begun

    def one_more(self, chance: random.Random) -> None:
        """A member joins; where there are many, another leaves."""
        self.wanted += 1
        self.fill()
        if self.wanted > MOST:
            self.wanted -= 1
            self._ask_to_leave(self._take(chance))

    def one_less(self, chance: random.Random) -> bool:
        """A member leaves; where there are few, another joins."""
        had_begun = self._ask_to_leave(self._take(chance))
        self.wanted = max(LEAST, self.wanted - 1)
        self.fill()
        return had_begun

    def all_leave(self) -> None:
        """SIGTERM to each, and wait for their ends."""
        self.wake_all()
        while self._awake:
            self._ask_to_leave(self._awake.pop())
        for consumer in self._leaving:
            consumer.runs_for(STOPS_WITHIN)
        self._look_after_leaving()

    def look_after(self) -> None:
        """Replace those that ended by themselves, and see that those end that were asked to."""
        ended = [consumer for consumer in self._awake if not consumer.is_running]
        for consumer in ended:
            self._awake.remove(consumer)
            if consumer.has_logged(HAS_BEGUN):
                self.gave_up.append(f"a consumer ended by itself:\n{consumer.log_tail()}")
            self.restarts += 1
        self._look_after_leaving()
        self.fill()

    def _look_after_leaving(self) -> None:
        for consumer, since in list(self._leaving.items()):
            if consumer.is_running and time.monotonic() - since < STOPS_WITHIN:
                continue
            del self._leaving[consumer]
            self._see_off(consumer)

    def _see_off(self, consumer: Consumer) -> None:
        if consumer.is_running:
            self.gave_up.append(f"a consumer did not stop within {STOPS_WITHIN:g} s:\n{consumer.log_tail()}")
            consumer.kill()
        elif consumer.exit_code() != 0 and consumer.has_logged(HAS_BEGUN):
            self.gave_up.append(f"a consumer that was to stop ended badly:\n{consumer.log_tail()}")

    def _ask_to_leave(self, consumer: Consumer) -> bool:
        had_begun = consumer.has_logged(HAS_BEGUN)
        consumer.signal(signal.SIGTERM)
        self._leaving[consumer] = time.monotonic()
        return had_begun

    def _take(self, chance: random.Random) -> Consumer:
        return self._awake.pop(chance.randrange(len(self._awake)))

    def logs(self) -> Sequence[str]:
        """The ends of the logs of those that run."""
        return [consumer.log_tail() for consumer in (*self._awake, *self._frozen)]
