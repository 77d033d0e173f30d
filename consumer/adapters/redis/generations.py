"""How the filter is cut in time. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True, frozen=True)
class Generations:
    """Windows of time, each with a Bloom filter. Ids go into the newest one; all `count` of them are asked.

    An id is thus known for `count - 1` windows at least, and for `count` at most. `capacity` is that of one generation.
    `error_rate` is that of all together: a new id is taken for a known one if any generation says so.
    """

    capacity: int
    error_rate: float
    window: timedelta
    count: int

    def number(self, now: datetime) -> int:
        """The number of the window that `now` falls in."""
        return int(now.timestamp() // self.window.total_seconds())

    def living(self, now: datetime) -> range:
        """The numbers of the windows to ask, oldest first."""
        newest = self.number(now)
        return range(newest - self.count + 1, newest + 1)

    def milliseconds_left(self, now: datetime) -> int:
        """Until the newest generation is no longer asked."""
        end = (self.number(now) + self.count) * self.window.total_seconds()
        return max(1, round((end - now.timestamp()) * 1_000))

    @property
    def error_rate_of_each(self) -> float:
        """False alarms of the generations add up, so each gets its share."""
        return self.error_rate / self.count
