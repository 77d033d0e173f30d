"""How the work goes, in numbers. What `status` shows of a running consumer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any

from consumer.effects import Effects
from consumer.ports import Clock
from consumer.records import Batch, Tally, Written

MINUTE = 60
"""Seconds over which the rate is taken."""


@dataclass(slots=True, frozen=True)
class Snapshot:
    """One consumer at one moment. Counts are since it started.

    `outcomes` counts records by category (created, same_event, validation ...). `strange_keys` counts events whose
    Kafka key is not their memory's id. `last_trouble` is what a batch had to wait for last, also when that is over.
    """

    started_at: datetime
    records: int = 0
    batches: int = 0
    records_per_second: float = 0.0
    outcomes: Mapping[str, int] | None = None
    effects: Effects = Effects()
    strange_keys: int = 0
    last_batch_at: datetime | None = None
    last_batch_size: int = 0
    last_batch_seconds: float = 0.0
    last_closed_by: str | None = None
    last_trouble: str | None = None
    last_trouble_at: datetime | None = None
    filter_trouble: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The same, of nothing but what JSON has; moments are ISO 8601."""
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }
        return {**told, "effects": self.effects.as_json()}


class Statistics:
    """Implements `ports.Observer` by adding up. `snapshot` may be called from another thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._rate = Rate(clock.monotonic())
        self._outcomes: Tally = Counter()
        self._now = Snapshot(started_at=clock.now())

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """Count a batch."""
        with self._lock:
            self._rate.add(len(batch), self._clock.monotonic())
            self._outcomes.update(written.tally)
            self._now = replace(
                self._now,
                records=self._now.records + len(batch),
                batches=self._now.batches + 1,
                effects=self._now.effects + written.effects,
                strange_keys=self._now.strange_keys + written.strange_keys,
                last_batch_at=self._clock.now(),
                last_batch_size=len(batch),
                last_batch_seconds=seconds,
                last_closed_by=batch.closed_by.value,
            )

    def waiting(self, reason: str) -> None:
        """Note what is waited for."""
        with self._lock:
            self._now = replace(self._now, last_trouble=reason, last_trouble_at=self._clock.now())

    def turned(self) -> None:
        """Only batches count."""

    def snapshot(self, filter_trouble: str | None = None) -> Snapshot:
        """How things stand. `filter_trouble` is what the filter says of itself."""
        with self._lock:
            return replace(
                self._now,
                records_per_second=self._rate.per_second(self._clock.monotonic()),
                outcomes=self._by_category(),
                filter_trouble=filter_trouble,
            )

    def totals(self) -> dict[str, Any]:
        """What was done since the start: the records, and how they ended (`stored/created`, ...)."""
        with self._lock:
            outcomes = {f"{kind}/{category}": count for (kind, category), count in sorted(self._outcomes.items())}
            return {"records": self._now.records, "outcomes": outcomes}

    def _by_category(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for outcome, count in self._outcomes.items():
            counts[outcome.category] += count
        return dict(counts)


class Rate:
    """How many a second, over the last minute. Keeps one number for each second of it, whatever happens in between."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._seconds: dict[int, int] = {}

    def add(self, count: int, now: float) -> None:
        """Count some that are done."""
        second = int(now)
        self._seconds[second] = self._seconds.get(second, 0) + count
        if len(self._seconds) > MINUTE:
            self._seconds = {then: done for then, done in self._seconds.items() if then > second - MINUTE}

    def per_second(self, now: float) -> float:
        """The rate; 0 when nothing was done. In the first minute, over the time since the start."""
        done = sum(count for then, count in self._seconds.items() if then > now - MINUTE)
        return done / min(MINUTE, max(1.0, now - self._started))
