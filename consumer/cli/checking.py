"""The records of a file, each line checked, as `validate`, `produce` and `transform` read them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from consumer.cli.findings import Findings
from consumer.cli.lines import opened, read_lines, record_on, size_of

if TYPE_CHECKING:
    from consumer.memory.field_errors import FieldErrors
    from consumer.memory.model import MemoryEvent

T = TypeVar("T")


def valid_events(
    file: Path, findings: Findings, longest: int, *, doing: str, skip_invalid: bool
) -> "Iterator[MemoryEvent]":
    """The valid events of a file in their JSON form. See `valid_records`."""
    from consumer.memory.json_form import read_event

    return valid_records(file, read_event, findings, longest, doing=doing, skip_invalid=skip_invalid)


def valid_records(
    file: Path,
    read: "Callable[[bytes], T | FieldErrors]",
    findings: Findings,
    longest: int,
    *,
    doing: str,
    skip_invalid: bool,
) -> Iterator[T]:
    """What is read from the valid lines of the file: all of them, or those before the first invalid one.

    `findings` counts both. Shows what is being done, and how far it is.
    """
    from consumer.telemetry.progress import track

    with opened(file) as stream, track(size_of(file), f"{doing} {file} (bytes)") as progress:
        for line in read_lines(stream, longest):
            if not line.is_blank:
                record = record_on(line, longest, read)
                if isinstance(record, tuple):
                    findings.add_invalid(line.number, record)
                    if not skip_invalid:
                        return
                else:
                    findings.add_valid(line.number)
                    yield record
            progress.advance(line.size)
