"""How two people stood to one another through time: a chart, what follows from it, and a table; or JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from consumer.cli.chart import chart
from consumer.cli.output import show_table, to_the_second

if TYPE_CHECKING:
    from consumer.memory.bonds import Course, Reading

STEADY = 0.05
"""A change below this is none to speak of."""


def show_bonds(readings: "Sequence[Reading]", at_most: int) -> None:
    """At least one reading, in the order of time; the table has the newest, the newest first."""
    from consumer.memory.bonds import course_of

    for line in chart([(each.occurred_at, each.strength) for each in readings]):
        typer.echo(line)
    typer.echo(f"\n{_sentence(course_of(readings), len(readings))}\n")
    newest = list(reversed(readings))[:at_most]
    show_table(("occurred at", "strength", "quality", "the pair", "owner", "memory"), map(_line, newest))


def bonds_object(pair: tuple[str, str], readings: "Sequence[Reading]") -> dict[str, Any]:
    """All of it, for programs; mean and trend are null where there is no reading."""
    from consumer.memory.bonds import course_of

    course = course_of(readings) if readings else None
    return {
        "between": pair,
        "mean": course and course.mean,
        "trend": course and {"begins": course.begins, "ends": course.ends, "change": course.change},
        "readings": [each._asdict() for each in readings],
    }


def _sentence(course: "Course", memories: int) -> str:
    of = "one memory" if memories == 1 else f"{memories:,} memories"
    if abs(course.change) < STEADY:
        return f"Mean {course.mean:.2f}, of {of}; steady."
    way = "rising" if course.change > 0 else "falling"
    return f"Mean {course.mean:.2f}, of {of}; {way} from {course.begins:.2f} to {course.ends:.2f}."


def _line(reading: "Reading") -> tuple[object, ...]:
    moment, strength = to_the_second(reading.occurred_at), f"{reading.strength:.2f}"
    return moment, strength, reading.quality, reading.kind, reading.owner_id, reading.memory_id
