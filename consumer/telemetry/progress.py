"""Progress of long work, on stderr: a bar on a terminal, a plain line every few seconds elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from consumer.ports import Clock
from consumer.process.clock import SystemClock

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_SECONDS = 5.0


class Track(Protocol):
    """Work under way."""

    def advance(self, n: int = 1) -> None:
        """So many more are done."""

    def update(self, *, description: str) -> None:
        """Something else is being done now."""


@contextmanager
def track(
    total: int | None, description: str, *, stream: TextIO | None = None, clock: Clock | None = None
) -> Iterator[Track]:
    """Show progress while inside. `total` is None where it is not known how much there is to do.

    What is logged meanwhile appears above the bar.
    """
    stream = stream or sys.stderr
    if stream.isatty():
        with _bar(stream) as bar:
            yield _Bar(bar, bar.add_task(description, total=total))
    else:
        lines = _Lines(total, description, stream, clock or SystemClock())
        yield lines
        lines.end()


class _Bar:
    def __init__(self, bar: "Progress", task: "TaskID") -> None:
        self._bar = bar
        self._task = task

    def advance(self, n: int = 1) -> None:
        self._bar.advance(self._task, n)

    def update(self, *, description: str) -> None:
        self._bar.update(self._task, description=description)


class _Lines:
    """The first line after a while, so that short work says nothing but how it ended."""

    def __init__(self, total: int | None, description: str, stream: TextIO, clock: Clock) -> None:
        self._total = total
        self._description = description
        self._stream = stream
        self._clock = clock
        self._done = 0
        self._started = self._told = clock.monotonic()

    def advance(self, n: int = 1) -> None:
        self._done += n
        if self._clock.monotonic() - self._told >= LINE_SECONDS:
            self._tell()

    def update(self, *, description: str) -> None:
        self._description = description

    def end(self) -> None:
        self._tell()

    def _tell(self) -> None:
        self._told = self._clock.monotonic()
        print(
            _line(self._description, self._done, self._total, self._told - self._started), file=self._stream, flush=True
        )


def _line(description: str, done: int, total: int | None, seconds: float) -> str:
    rate = done / seconds if seconds > 0 else 0.0
    parts = [f"{done:,} of {total:,}" if total is not None else f"{done:,}", f"{rate:,.0f}/s"]
    if total is not None and rate > 0 and done < total:
        parts.append(f"{_duration((total - done) / rate)} left")
    return f"{description}: " + ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _bar(stream: TextIO) -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class CountColumn(ProgressColumn):
        """Done, and how many there are."""

        def render(self, task: Task) -> Text:
            total = "" if task.total is None else f" of {int(task.total):,}"
            return Text(f"{int(task.completed):,}{total}", style="progress.download")

    class RateColumn(ProgressColumn):
        """Done in a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        CountColumn(),
        RateColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=Console(file=stream),
    )
