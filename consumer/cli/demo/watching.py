"""What the consumer tells while it works, and when the demonstration is over."""

from collections.abc import Callable
from typing import Protocol

from consumer.cli.demo.pacing import Pace
from consumer.ports import Clock
from consumer.records import Batch, Written
from consumer.stopping import Stop

STALL_SECONDS = 60.0
"""Without progress for so long, something is wrong."""


class Progress(Protocol):
    """The bar."""

    def advance(self, n: int = 1) -> None:
        """So many more are done."""


class Watch:
    """Implements `ports.Observer`. Asks the loop to stop when all that was acknowledged is consumed, or nothing moves.

    `acknowledged` tells how many that are; None while it is not known yet.
    """

    def __init__(
        self, stop: Stop, clock: Clock, pace: Pace, progress: Progress, acknowledged: Callable[[], int | None]
    ) -> None:
        self._stop = stop
        self._clock = clock
        self._pace = pace
        self._progress = progress
        self._acknowledged = acknowledged
        self._started_at: float | None = None
        self._moved_at = clock.monotonic()
        self.records = 0
        self.waits_for = ""

    @property
    def seconds(self) -> float:
        """From the start of the first batch to the last commit."""
        return 0.0 if self._started_at is None else self._moved_at - self._started_at

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """Count the batch, and let the publisher go on."""
        self._moved_at = self._clock.monotonic()
        if self._started_at is None:
            self._started_at = self._moved_at - seconds
        self.records += len(batch)
        self.waits_for = ""
        self._pace.consumed(sum(record.size for record in batch.records))
        self._progress.advance(len(batch))
        self.stop_when_done()

    def waiting(self, reason: str) -> None:
        """The loop is held up; not for ever."""
        self.waits_for = reason
        if self._clock.monotonic() - self._moved_at >= STALL_SECONDS:
            self._stop.request("stalled")

    def stop_when_done(self) -> None:
        """Called by both threads, after what each of them knows has changed."""
        acknowledged = self._acknowledged()
        if acknowledged is not None and self.records >= acknowledged:
            self._stop.request("done")
