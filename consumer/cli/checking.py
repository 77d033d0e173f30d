"""The events of a file, each line checked, as `validate` and `produce` both read them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from consumer.cli.findings import Findings
from consumer.cli.lines import event_on, opened, read_lines, size_of

if TYPE_CHECKING:
    from consumer.memory.model import MemoryEvent


def valid_events(
    file: Path, findings: Findings, longest: int, *, doing: str, skip_invalid: bool
) -> "Iterator[MemoryEvent]":
    """The valid events of the file: all of them, or those before the first invalid line. `findings` counts both.

    Shows what is being done, and how far it is.
    """
    from consumer.telemetry.progress import track

    with opened(file) as stream, track(size_of(file), f"{doing} {file} (bytes)") as progress:
        for line in read_lines(stream, longest):
            if not line.is_blank:
                event = event_on(line, longest)
                if isinstance(event, tuple):
                    findings.add_invalid(line.number, event)
                    if not skip_invalid:
                        return
                else:
                    findings.add_valid()
                    yield event
            progress.advance(line.size)
