"""A file of one event a line, read without ever holding more than one line of bounded length."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, NamedTuple, TypeVar

import typer

if TYPE_CHECKING:
    from consumer.memory.field_errors import FieldErrors

STDIN = Path("-")

T = TypeVar("T")

_CHUNK_BYTES = 64 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _require_readable(file: Path) -> Path:
    """Wrong usage is said before any work is begun."""
    if file == STDIN:
        return file
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a directory: name a file with one event a line")
    if not file.exists():
        raise typer.BadParameter(f"there is no file {file}")
    if not os.access(file, os.R_OK):
        raise typer.BadParameter(f"{file} can't be read: no permission")
    return file


EventFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        callback=_require_readable,
        help="One record a line, in JSON; - is standard input.",
    ),
]
LongestLine = Annotated[
    int, typer.Option("--max-line-bytes", min=1_024, max=1024**3, help="A longer line is refused without being read.")
]
LONGEST_LINE_BYTES = 4 * 1024 * 1024


class Line(NamedTuple):
    """A line by its number, counted from 1. `content` is None where it is too long; `size` counts its end as well."""

    number: int
    content: bytes | None
    size: int

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing on it but white space: such lines are no records."""
        return self.content is not None and not self.content.strip()


def read_lines(stream: BinaryIO, longest: int) -> Iterator[Line]:
    """Every line of the stream; of one with more than `longest` bytes only the number and the size."""
    number = 0
    while piece := stream.readline(longest + 1):
        number += 1
        if len(piece) > longest and not piece.endswith(b"\n"):
            yield Line(number, None, len(piece) + _skip_rest(stream))
        else:
            content = piece.removeprefix(_BYTE_ORDER_MARK) if number == 1 else piece
            yield Line(number, content.rstrip(b"\r\n"), len(piece))


def record_on(line: Line, longest: int, read: "Callable[[bytes], T | FieldErrors]") -> "T | FieldErrors":
    """What is read from the line, or all that is wrong with it."""
    from consumer.memory.field_errors import NOTHING
    from consumer.memory.wording import LINE_TOO_LONG

    if line.content is None:
        return (LINE_TOO_LONG.error((), NOTHING, size=line.size, longest=longest),)
    return read(line.content)


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """The file, or standard input, to read bytes from."""
    if file == STDIN:
        yield sys.stdin.buffer
    else:
        with file.open("rb") as stream:
            yield stream


def size_of(file: Path) -> int | None:
    """Bytes in the file; None where that can't be known, as for a pipe."""
    return file.stat().st_size if file != STDIN and file.is_file() else None


def _skip_rest(stream: BinaryIO) -> int:
    skipped = 0
    while piece := stream.readline(_CHUNK_BYTES):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped
