"""How long records had to wait, and which fault is to blame. Pure but for a lock."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from threading import Lock


class Stalls:
    """The longest time in which nothing of a partition was committed although records of it were waiting, by fault.

    To blame is the first fault that was injected while they waited; where there was none, the one before. Told by
    several threads; `now` is of one clock, in seconds.
    """

    def __init__(self) -> None:
        self.longest: dict[str, float] = {}
        self.records: Counter[str] = Counter()
        self._ends: dict[int, int] = {}
        self._done: dict[int, int] = {}
        self._waiting_since: dict[int, float] = {}
        self._names = ["no fault yet"]
        self._moments = [float("-inf")]
        self._lock = Lock()

    def injected(self, fault: str, now: float) -> None:
        """Something is broken from now on."""
        with self._lock:
            self._names.append(fault)
            self._moments.append(now)

    def published(self, ends: Mapping[int, int], now: float) -> None:
        """Of each partition, the offset behind its last record."""
        with self._lock:
            self._ends.update(ends)
            for partition in ends:
                self._wait_if_behind(partition, now)

    def committed(self, partition: int, next_offset: int, records: int, now: float) -> None:
        """A transaction with so many records of a partition is committed."""
        with self._lock:
            self.records[self._names[-1]] += records
            self._done[partition] = next_offset
            self._blame(self._waiting_since.pop(partition, now), now)
            self._wait_if_behind(partition, now)

    def ended(self, now: float) -> None:
        """Nothing more is awaited: what still waits has waited until now."""
        with self._lock:
            while self._waiting_since:
                self._blame(self._waiting_since.popitem()[1], now)

    def _wait_if_behind(self, partition: int, now: float) -> None:
        if self._done.get(partition, 0) < self._ends.get(partition, 0):
            self._waiting_since.setdefault(partition, now)

    def _blame(self, since: float, now: float) -> None:
        first = bisect_left(self._moments, since)
        fault = self._names[min(first, len(self._names) - 1)]
        self.longest[fault] = max(self.longest.get(fault, 0.0), now - since)
