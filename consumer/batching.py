"""When a batch is full. Pure: time is passed in."""

from dataclasses import dataclass

from consumer.records import Batch, ClosedBy


@dataclass(slots=True, frozen=True)
class BatchLimits:
    """A batch closes on whichever comes first. Bytes are those of keys, values and headers; age counts from the first
    record."""

    count: int = 1_000
    bytes: int = 16 * 1024 * 1024
    seconds: float = 0.5


class Portion:
    """How much of a batch is done at once: all of it, unless that took too long."""

    def __init__(self) -> None:
        self._most: int | None = None

    def of(self, batch: Batch) -> Batch:
        """What to do first of what is left."""
        if self._most is None or len(batch) <= self._most:
            return batch
        return Batch(batch.records[: self._most], batch.closed_by)

    def took_too_long(self, batch: Batch) -> None:
        """Half of it next time, one record at least."""
        self._most = max(1, len(batch) // 2)


FIRST_ASK = 32
"""How many records to ask for before any is known: few, because each may be as large as a record can be."""


class Filling:
    """How full the batch being gathered is."""

    def __init__(self, limits: BatchLimits) -> None:
        self._limits = limits
        self._count = 0
        self._bytes = 0
        self._is_full = False
        self._first_at: float | None = None

    def add(self, size: int, now: float) -> bool:
        """Count a record in if it fits. The first always does; one that does not closes the batch.

        `now` is the earliest moment at which the record may have come.
        """
        if self._first_at is None:
            self._first_at = now
        elif self._count >= self._limits.count:
            return False
        elif self._bytes + size > self._limits.bytes:
            self._is_full = True
            return False
        self._count += 1
        self._bytes += size
        return True

    def closed(self, now: float) -> ClosedBy | None:
        """Why the batch is closed, or None while it is open."""
        if self._count >= self._limits.count:
            return ClosedBy.COUNT
        if self._is_full or self._bytes >= self._limits.bytes:
            return ClosedBy.BYTES
        if self._first_at is not None and now - self._first_at >= self._limits.seconds:
            return ClosedBy.AGE
        return None

    def ask(self) -> int:
        """How many records to ask for next: no more than should fit, judging by the size of those that came."""
        room = max(1, self._limits.count - self._count)
        if self._count == 0:
            return min(room, FIRST_ASK)
        mean = max(1, self._bytes // self._count)
        return max(1, min(room, (self._limits.bytes - self._bytes) // mean))

    def seconds_left(self, now: float) -> float:
        """Until the batch is too old. Before the first record, the whole age."""
        if self._first_at is None:
            return self._limits.seconds
        return max(0.0, self._limits.seconds - (now - self._first_at))
