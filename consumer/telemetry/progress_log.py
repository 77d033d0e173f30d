"""A line in the log every few seconds, while there is something to tell."""

from collections import Counter

import structlog

from consumer.ports import Clock
from consumer.records import Batch, Written

log = structlog.get_logger(__name__)

EVERY_SECONDS = 10.0


class ProgressLog:
    """Implements `ports.Observer`. Each line is about the time since the last one; `total` is since the start."""

    def __init__(self, clock: Clock, every: float = EVERY_SECONDS) -> None:
        self._clock = clock
        self._every = every
        self._total = 0
        self._start_afresh()

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """Count a batch, and tell if it is time."""
        self._total += len(batch)
        self._records += len(batch)
        self._busy += seconds
        self._closed_by[batch.closed_by.value] += 1
        self._strange_keys += written.strange_keys
        for outcome, count in written.tally.items():
            self._outcomes[str(outcome.category)] += count
        if self._clock.monotonic() - self._since >= self._every:
            self._tell()
            self._start_afresh()

    def waiting(self, reason: str) -> None:
        """The loop itself says so."""

    def turned(self) -> None:
        """Nothing to tell."""

    def _tell(self) -> None:
        batches = self._closed_by.total()
        log.info(
            "progress",
            records=self._records,
            total=self._total,
            per_second=round(self._records / (self._clock.monotonic() - self._since), 1),
            batches=batches,
            records_per_batch=round(self._records / batches),
            seconds_per_batch=round(self._busy / batches, 4),
            closed_by=dict(self._closed_by),
            outcomes=dict(self._outcomes),
        )
        if self._strange_keys:
            log.warning(
                "keys that are not the memory's id: Kafka keeps no order between events of such a memory",
                records=self._strange_keys,
            )

    def _start_afresh(self) -> None:
        self._since = self._clock.monotonic()
        self._records = 0
        self._busy = 0.0
        self._strange_keys = 0
        self._closed_by: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
