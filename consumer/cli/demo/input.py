"""What a demonstration publishes: a made-up stream, or the lines of a file.

A line that Avro can say is encoded, even where it breaks the rules of its fields: to refuse it is the consumer's part.
Any other line is published as the bytes that it is, so that it ends as a dead letter and not in silence.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from consumer.cli.demo.publishing import Message
from consumer.cli.lines import LONGEST_LINE_BYTES, read_lines
from consumer.errors import ConsumerError
from consumer.memory.json_form import read_raw
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import Raw

SEED = 20_260_301

Encode = Callable[[Raw], bytes]


def from_file(path: Path, encode: Encode) -> Iterator[Message]:
    """One message a line; empty lines are none. Raises `ConsumerError` at a line that is too long."""
    return (message_of(line, encode) for line in _lines(path))


def made_up(count: int, encode: Callable[[Any], bytes]) -> Iterator[Message]:
    """A disorderly stream, the same one each time."""
    from consumer.devstack.disorderly_events import disorderly

    return (Message(sample.key, sample.value) for sample in disorderly(count, SEED, encode))


def with_retellings(encode: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Encodes made-up events such that some tell of one thing, for the mode that finds that out."""
    from consumer.devstack.retelling import retold

    return lambda event: encode(retold(event) if isinstance(event, MemoryEvent) else event)


def count_lines(path: Path) -> int:
    """How many messages `from_file` will yield."""
    return sum(1 for _ in _lines(path))


def message_of(line: bytes, encode: Encode) -> Message:
    """The line as an event in Avro, else as it is."""
    raw = read_raw(line)
    if isinstance(raw, tuple):
        return Message(None, line)
    try:
        return Message(raw["memory_id"].encode(), encode(raw))
    except ValueError:
        return Message(None, line)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in read_lines(file, LONGEST_LINE_BYTES):
            if line.content is None:
                raise ConsumerError(
                    f"line {line.number:,} of {path} is longer than {LONGEST_LINE_BYTES:,} bytes",
                    advice="Write one event a line; memory-consumer validate tells which lines are none.",
                )
            if not line.is_blank:
                yield line.content
