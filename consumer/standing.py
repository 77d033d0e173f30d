"""Where a group stands in each partition: what SQL says and what Kafka says, side by side. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from consumer.positions import is_ours
from consumer.records import Found, TopicPartition


class Row(Protocol):
    """A partition's row in the database, as far as it matters here."""

    @property
    def source(self) -> TopicPartition:
        """The partition."""

    @property
    def next_offset(self) -> int:
        """The next offset to read."""

    @property
    def epoch(self) -> int:
        """How often it was claimed."""

    @property
    def incarnation(self) -> int:
        """How often its position was moved by hand, or its topic made anew."""

    @property
    def records_read(self) -> int:
        """How many records ended."""


@dataclass(slots=True, frozen=True)
class Standing:
    """One partition. What is not known is None: not in the database yet, or Kafka did not answer."""

    source: TopicPartition
    row: Row | None
    found: Found | None

    @property
    def next_offset(self) -> int | None:
        """SQL's position, which is the truth."""
        return None if self.row is None else self.row.next_offset

    @property
    def committed(self) -> int | None:
        """Kafka's."""
        return None if self.found is None or self.found.committed is None else self.found.committed.offset

    @property
    def end(self) -> int | None:
        """The offset that the next record will get."""
        return None if self.found is None else self.found.end

    @property
    def lag(self) -> int | None:
        """How many offsets are still to be read. Some may hold no record: markers of transactions, compacted ones."""
        if self.found is None:
            return None
        begin = next(at for at in (self.next_offset, self.committed, self.found.earliest) if at is not None)
        return max(0, self.found.end - max(begin, self.found.earliest))

    @property
    def remark(self) -> str:
        """What a person should know."""
        if self.row is None:
            return "not read yet"
        if self.found is None or self.found.committed is None or self.committed == self.next_offset:
            return ""
        if not is_ours(self.found.committed):
            return "moved by an operator: obeyed at the next start"
        return "Kafka follows with the next commit"


def standings(rows: Iterable[Row], found: Mapping[TopicPartition, Found]) -> list[Standing]:
    """All partitions that either side knows, in order."""
    by_source = {row.source: row for row in rows}
    return [
        Standing(source, by_source.get(source), found.get(source)) for source in sorted(by_source.keys() | found.keys())
    ]
