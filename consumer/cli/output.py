"""What commands print: results on stdout, everything else on stderr. A result is a table for eyes, or JSON."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

UNWRAPPED = 10_000
"""Columns of something that is no terminal: whoever reads it there wants whole lines."""


class Lines(str):
    """What may take several lines of a cell. In any other a line break is shown, not made: a line of its own would pass
    for a row of ours."""

    __slots__ = ()


def say(text: str, *, label: str = "", style: str = "") -> None:
    """A remark for the person at the terminal: plain text, shown as it is. A label goes before it, in a rich style."""
    from rich.text import Text

    remark = Text(printable(text))
    if label:
        remark = Text.assemble((label, style), " ", remark)
    console(sys.stderr).print(remark, soft_wrap=True, highlight=False)


def show(what: "RenderableType", stream: TextIO | None = None, *, whole_lines: bool = False) -> None:
    """A result for eyes, on stdout unless told otherwise. Whole lines are left to the terminal to wrap, so that they
    can be copied."""
    console(stream or sys.stdout).print(what, highlight=False, soft_wrap=whole_lines)


def show_json(what: object, stream: TextIO | None = None) -> None:
    """A result for programs: one JSON object or list on one line, on stdout unless told otherwise."""
    stream = stream or sys.stdout
    stream.write(json.dumps(what, ensure_ascii=False, default=_json) + "\n")
    stream.flush()


def _json(value: object) -> str:
    return zulu(value) if isinstance(value, datetime) else str(value)


def zulu(moment: datetime) -> str:
    """A moment as events have it: ISO 8601, UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_the_second(moment: datetime) -> str:
    """The same in a table of many, where a fraction of a second is of no use."""
    return zulu(moment.replace(microsecond=0))


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Iterable[str] = (),
    whole: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Rows under headings; the columns named in `right` hold numbers, those in `whole` are not wrapped."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    numbers, unwrapped = set(right), set(whole)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numbers else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column in unwrapped)
    for row in rows:
        table.add_row(*(Text(cell_of(cell)) for cell in row))
    show(table, stream)


def cell_of(value: object) -> str:
    """A value as it may stand in a table."""
    if value is None:
        return ""
    return printable(value) if isinstance(value, Lines) else on_one_line(str(value))


def printable(text: str) -> str:
    """The text without what would steer the terminal: anybody may have written it."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def on_one_line(text: str) -> str:
    """The same where a line of its own would pass for one of ours: what events hold gets into reasons, too."""
    return printable(text).replace("\n", "\\n")


def console(stream: TextIO) -> "Console":
    """What is printed to; its width is that of the terminal, or boundless where there is none."""
    from rich.console import Console

    return Console(file=stream, width=None if stream.isatty() else UNWRAPPED)
