"""Rows that are too wide for many a terminal: a table where it has room, else a block of lines for each row."""

import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from consumer.cli.output import cell_of, console, show, show_table

if TYPE_CHECKING:
    from rich.table import Table

NARROW = 100
"""Columns of a terminal below which sentences side by side are read word by word."""

_GAP = 3
"""Between the columns of a table."""


def show_records(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    right: Sequence[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Print rows of sentences and paths. `right`: columns that hold numbers."""
    stream = stream or sys.stdout
    if console(stream).width >= NARROW and has_room(columns, rows, stream=stream):
        show_table(columns, rows, right=right, stream=stream)
    else:
        show_blocks(columns, rows, stream=stream)


def has_room(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    whole: Sequence[str] = (),
    stream: TextIO | None = None,
) -> bool:
    """Whether a table of these breaks no word. Cells of the columns named in `whole` are not to be wrapped at all.

    The columns that have to give way all get one width: that of the longest word does.
    """
    from rich.cells import cell_len

    cells = {name: [name, *(cell_of(row[place]) for row in rows)] for place, name in enumerate(columns)}
    widths = {name: max(map(cell_len, held)) for name, held in cells.items()}
    words = (word for name, held in cells.items() if name not in whole for cell in held for word in cell.split())
    longest = max(map(cell_len, words), default=0)
    needed = sum(width if name in whole else min(width, longest) for name, width in widths.items())
    return needed + _GAP * (len(columns) - 1) <= console(stream or sys.stdout).width


def show_blocks(columns: Sequence[str], rows: Sequence[Sequence[object]], *, stream: TextIO | None = None) -> None:
    """Print of each row the cells that hold something, one below the other, each behind the name of its column."""
    stream = stream or sys.stdout
    for row in rows:
        show(_block(columns, row, console(stream).width), stream)
        print(file=stream)


def _block(columns: Sequence[str], row: Sequence[object], width: int) -> "Table":
    from rich.table import Table
    from rich.text import Text

    block = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    block.add_column(style="bold", no_wrap=True)
    block.add_column(overflow="fold")
    room = width - max(map(len, columns)) - 2
    for name, value in zip(columns, row, strict=True):
        if cell := cell_of(value):
            block.add_row(name, Text("\n".join(_broken(cell, room))))
    return block


def _broken(cell: str, room: int) -> Iterator[str]:
    """A path that is too long for a line, broken behind its dots; anything else is wrapped between words."""
    line = ""
    for piece in [cell] if " " in cell else re.split(r"(?<=\.)", cell):
        if line and len(line + piece) > room:
            yield line
            line = ""
        line += piece
    yield line
