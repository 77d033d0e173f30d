"""When the loop ends: because it was told to, or because a bounded run is over."""

import time
from collections.abc import Callable
from dataclasses import replace

from consumer.batching import BatchLimits
from consumer.ports import Clock


class Stop:
    """A request to stop, made from a signal handler or another thread. The first one counts."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._requested_at: float | None = None
        self.reason = ""

    @property
    def requested(self) -> bool:
        """Whether to end after the batch in hand."""
        return self._requested_at is not None

    @property
    def seconds_ago(self) -> float:
        """How long ago that was asked for; 0 when it was not."""
        return 0.0 if self._requested_at is None else self._monotonic() - self._requested_at

    def request(self, reason: str) -> None:
        """Ask the loop to end after the batch in hand."""
        if self._requested_at is None:
            self._requested_at, self.reason = self._monotonic(), reason


class Bounds:
    """Whether to go on, and how much to read at a time.

    `max_messages`: end after that many records. `until_idle`: end when nothing came for so many seconds; the wait for
    the first partitions counts only past `joining` seconds: longer than a group waits for members that died (its
    session timeout, 45 s unless set). `patience`: how long, once asked to stop, a batch in hand
    may still be tried.
    """

    def __init__(
        self,
        limits: BatchLimits,
        stop: Stop,
        clock: Clock,
        *,
        max_messages: int | None = None,
        until_idle: float | None = None,
        patience: float = 20.0,
        joining: float = 75.0,
    ) -> None:
        self._limits = limits
        self._stop = stop
        self._clock = clock
        self._left = max_messages
        self._until_idle = until_idle
        self._patience = patience
        self._busy_at = clock.monotonic() + joining
        self._has_partitions = False

    @property
    def are_set(self) -> bool:
        """Whether the run is to end by itself."""
        return self._until_idle is not None or self._left is not None

    def go_on(self) -> bool:
        """Whether to read another batch."""
        if self._stop.requested or self._left == 0:
            return False
        return self._until_idle is None or self._clock.monotonic() - self._busy_at < self._until_idle

    def limits(self) -> BatchLimits:
        """How much the next batch may hold."""
        if self._left is None or self._left >= self._limits.count:
            return self._limits
        return replace(self._limits, count=self._left)

    def batch_done(self, records: int) -> None:
        """Count a batch that is committed."""
        self._busy_at = self._clock.monotonic()
        if self._left is not None:
            self._left = max(0, self._left - records)

    def turned(self, *, has_partitions: bool, is_busy: bool = False) -> None:
        """The loop went round. Idleness starts with the first partition, and not while we are kept from reading."""
        if is_busy or (has_partitions and not self._has_partitions):
            self._busy_at = self._clock.monotonic()
        self._has_partitions |= has_partitions

    def end_of_wait(self) -> Callable[[], bool]:
        """What tells that a wait which begins now is over before its time: a stop is asked for, and there is one more
        try at once; or one was asked for already, and patience ends."""
        return self.out_of_patience if self._stop.requested else lambda: self._stop.requested

    def out_of_patience(self) -> bool:
        """Whether a stop was asked for so long ago that the batch in hand has to be left."""
        return self._stop.requested and self._stop.seconds_ago >= self._patience
