"""What came of it, as a table for eyes and as the figures of docs/reliability.md."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from tests.chaos.siege.checker import Wrong, records
from tests.chaos.siege.driver import AT_THE_END, Course
from tests.chaos.siege.published import Counts
from tests.chaos.siege.site import Site

MARKS = ("<!-- written by `make proof MODE={mode}` -->", "<!-- up to here -->")
COLUMNS = ("fault", "times", "in vain", "records", "lost", "doubled", "longest stall, s")


class Line(NamedTuple):
    """A kind of fault: how often, and how often it found nothing to break; how many records were counted under it, what
    went wrong, how long they waited."""

    fault: str
    times: int
    in_vain: int
    records: int
    lost: int
    doubled: int
    stall: float

    def cells(self) -> tuple[str, ...]:
        """As text."""
        *numbers, stall = self[1:]
        return (self.fault, *(f"{number:,}" for number in numbers), f"{stall:.1f}")


@dataclass(slots=True, frozen=True)
class Report:
    """The result of a siege. It is clean when nothing is lost, doubled or altered, and nobody gave up."""

    lines: Sequence[Line]
    facts: Sequence[str]
    trouble: Sequence[str]

    @property
    def is_clean(self) -> bool:
        """Whether the guarantee held."""
        return not self.trouble


def report(course: Course, site: Site) -> Report:
    """What came of the course of things there."""
    faults = [*sorted(course.injected, key=lambda name: -course.injected[name]), AT_THE_END]
    lines = [_line(fault, course, site) for fault in faults]
    total = Line(
        "all",
        sum(line.times for line in lines),
        sum(line.in_vain for line in lines),
        sum(line.records for line in lines),
        sum(line.lost for line in lines),
        sum(line.doubled for line in lines),
        max(line.stall for line in lines),
    )
    trouble = [f"{finding} (first seen: {fault})" for fault, finding in course.findings] + site.members.gave_up
    return Report([*lines, total], list(_facts(course, site)), trouble)


def _line(fault: str, course: Course, site: Site) -> Line:
    found = [finding for name, finding in course.findings if name == fault]
    return Line(
        fault,
        course.injected[fault],
        course.in_vain[fault],
        site.stalls.records[fault],
        records(found, Wrong.LOST),
        records(found, Wrong.DOUBLED),
        site.stalls.longest.get(fault, 0.0),
    )


def _facts(course: Course, site: Site) -> Iterator[str]:
    published, read = site.published.total(), sum(row.read for row in course.rows)
    altered = records([finding for _, finding in course.findings], Wrong.ALTERED)
    yield f"{published:,} records published, {read:,} read, {read - published:,} of them again, {altered} altered"
    counts = Counts(*map(sum, zip(*(row.counts for row in course.rows), strict=True)))
    merged = sum(row.merged for row in course.rows)
    stored, duplicates, letters, _ = counts
    yield f"{stored:,} stored, {merged:,} merged, {duplicates:,} duplicates, {letters:,} dead-lettered"
    yield f"the counters compared with the records {course.checks:,} times on the way, everything at the end"
    started, again = site.members.started, site.members.restarts
    yield f"{started:,} consumers started; {again:,} of them found no server at their start, and were started again"
    yield f"{course.second_letters:,} dead letters sent a second time, under the same id"
    yield f"{course.seconds / 60:.1f} minutes"


def show(made: Report) -> None:
    """Print it on stdout; what went wrong last."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for place, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if place else "left")
    for line in made.lines:
        table.add_row(*line.cells())
    console.print(table)
    for text in (*made.facts, *made.trouble):
        console.print(text, markup=False, highlight=False)


def write_figures(path: Path, mode: str, made: Report, command: str) -> None:
    """Put the figures between the marks of the mode in the page; what stands around them stays."""
    begin, end = (mark.format(mode=mode) for mark in MARKS)
    rows = [COLUMNS, ("---", *["---:"] * (len(COLUMNS) - 1)), *(line.cells() for line in made.lines)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    facts = "\n".join(f"- {fact}" for fact in made.facts)
    made_by = f"`{command}`, {datetime.now(UTC):%d %B %Y}, on {os.cpu_count()} cores for everything together:"
    figures = f"{begin}\n\n{made_by}\n\n{table}\n\n{facts}\n\n{end}"
    between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    path.write_text(between.sub(lambda _: figures, path.read_text(encoding="utf-8")), encoding="utf-8")
