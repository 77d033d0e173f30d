"""What a loop costs: time on the wall, its own CPU, PostgreSQL's CPU, memory."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Self

import psutil


@dataclass(slots=True, frozen=True)
class Reading:
    """What the clocks show at one moment, in seconds. `postgres_cpu` is None where the server is not ours."""

    wall: float
    cpu: float
    postgres_cpu: float | None


@dataclass(slots=True, frozen=True)
class Measured:
    """What a number of events cost. Seconds, and the largest resident set in bytes, by number of events.

    `log_bytes`: what the database wrote ahead for each event, where it was asked.
    """

    events: int
    seconds: float
    cpu_seconds: float
    postgres_cpu_seconds: float | None
    peak_rss: Mapping[int, int]
    log_bytes: float | None = None

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds of the client for a million events."""
        return self.cpu_seconds / self.events * 1e6

    @property
    def postgres_cpu_per_million(self) -> float | None:
        """CPU seconds of the database server for a million events."""
        return None if self.postgres_cpu_seconds is None else self.postgres_cpu_seconds / self.events * 1e6

    def to_json(self) -> str:
        """One line for another process to read."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The opposite of `to_json`: names of JSON are text, numbers of events are not."""
        fields = json.loads(line)
        peaks = {int(events): peak for events, peak in fields.pop("peak_rss").items()}
        return cls(**fields, peak_rss=peaks)


class Meter:
    """Measures this process from the end of the first batch to the end of the last, so that neither the start of the
    process nor the joining and leaving of a group counts."""

    def __init__(self, total: int, postgres_pid: int | None, *, rss_at: Iterable[int] = ()) -> None:
        """`total`: the events after which it is over. `rss_at`: after which to note the most memory used so far."""
        self._total = total
        self._postgres_pid = postgres_pid
        self._rss_at = sorted(rss_at)
        self._first: Reading | None = None
        self._last: Reading | None = None
        self._events_in_first = 0
        self._events = 0
        self._peak_rss: dict[int, int] = {}

    def batch_done(self, events: int) -> None:
        """So many more events are committed."""
        self._events += events
        if self._first is None:
            self._first, self._events_in_first = read(self._postgres_pid), events
        elif self._events == self._total:
            self._last = read(self._postgres_pid)
        while self._rss_at and self._events >= self._rss_at[0]:
            self._peak_rss[self._rss_at.pop(0)] = peak_rss()

    def result(self) -> Measured:
        """What was measured. Raises `RuntimeError` unless all events came, in two batches or more."""
        if self._first is None or self._last is None:
            raise RuntimeError(
                f"{self._events:,} of {self._total:,} events came; it takes all of them, and two batches"
            )
        first, last = self._first, self._last
        postgres = None
        if first.postgres_cpu is not None and last.postgres_cpu is not None:
            postgres = last.postgres_cpu - first.postgres_cpu
        events = self._events - self._events_in_first
        return Measured(events, last.wall - first.wall, last.cpu - first.cpu, postgres, self._peak_rss)


def read(postgres_pid: int | None) -> Reading:
    """The clocks, now."""
    return Reading(time.perf_counter(), time.process_time(), None if postgres_pid is None else tree_cpu(postgres_pid))


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process and its children, those that have ended included."""
    parent = psutil.Process(pid)
    times = parent.cpu_times()
    ended = times.children_user + times.children_system
    return times.user + times.system + ended + sum(map(_own_cpu, parent.children(recursive=True)))


def _own_cpu(process: psutil.Process) -> float:
    """None once it has ended: its parent has it then."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def peak_rss() -> int:
    """The most memory that this process ever had resident, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def median(runs: Iterable[Measured]) -> Measured:
    """The run with the median rate, whole: figures of one run belong together."""
    by_rate = sorted(runs, key=lambda run: run.rate)
    return by_rate[(len(by_rate) - 1) // 2]


def median_ratio(pairs: Iterable[tuple[Measured, Measured]]) -> float:
    """The median of the rates' ratios, each of two runs that stood next to one another in time."""
    return statistics.median(run.rate / yardstick.rate for run, yardstick in pairs)
