"""What the consumer tells while it works, and when the demonstration is over."""

from typing import Protocol

from consumer.cli.demo.pacing import Pace
from consumer.ports import Clock
from consumer.records import Batch, Written
from consumer.stopping import Stop

STALL_SECONDS = 60.0
"""Without progress for so long, something is wrong."""

DONE = "done"


class Progress(Protocol):
    """The bar."""

    def advance(self, n: int = 1) -> None:
        """So many more are done."""

    def update(self, *, description: str) -> None:
        """What is being done now."""


class Publishing(Protocol):
    """The other thread."""

    @property
    def acknowledged(self) -> int | None:
        """How many publishes the broker has acknowledged; None until all are through."""

    @property
    def error(self) -> Exception | None:
        """What ended it early."""


class Watch:
    """Implements `ports.Observer`. Asks the loop to stop when all that was published is consumed, or nothing moves."""

    def __init__(self, stop: Stop, clock: Clock, pace: Pace, progress: Progress, publishing: Publishing) -> None:
        self._stop = stop
        self._clock = clock
        self._pace = pace
        self._progress = progress
        self._publishing = publishing
        self._started_at: float | None = None
        self._moved_at = clock.monotonic()
        self._waits_for = ""
        self.records = 0

    @property
    def seconds(self) -> float:
        """From the start of the first batch to the last commit."""
        return 0.0 if self._started_at is None else self._moved_at - self._started_at

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """Count the batch, and let the publisher go on."""
        self._moved_at = self._clock.monotonic()
        if self._started_at is None:
            self._started_at = self._moved_at - seconds
            self._progress.update(description="consuming")
        self.records += len(batch)
        self._waits_for = ""
        self._pace.consumed(sum(record.size for record in batch.records))
        self._progress.advance(len(batch))
        self._stop_when_done()

    def waiting(self, reason: str) -> None:
        """The loop is held up; not for ever."""
        self._waits_for = reason
        if self._clock.monotonic() - self._moved_at >= STALL_SECONDS:
            self._stop.request(self.what_is_missing())

    def turned(self) -> None:
        """Only batches count."""

    def published(self) -> None:
        """The publisher has come to its end. Called in its thread."""
        if self._publishing.error is not None:
            self._stop.request("the publisher failed")
        self._stop_when_done()

    def what_is_missing(self) -> str:
        """What was waited for in vain."""
        if self._waits_for:
            return f"for {STALL_SECONDS:g} s the consumer waited for this to pass: {self._waits_for}"
        acknowledged = self._publishing.acknowledged
        of = "" if acknowledged is None else f" of {acknowledged:,}"
        return f"for {STALL_SECONDS:g} s no record came; {self.records:,}{of} had come before"

    def _stop_when_done(self) -> None:
        """In both threads, after what each of them knows has changed: whoever is last sees it."""
        acknowledged = self._publishing.acknowledged
        if acknowledged is not None and self.records >= acknowledged:
            self._stop.request(DONE)
