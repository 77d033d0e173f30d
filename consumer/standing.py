"""Where a group stands in each partition: what SQL says and what Kafka says, side by side. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from consumer.positions import is_ours
from consumer.records import Committed, Found, TopicPartition


class Row(Protocol):
    """A partition's row in the database, as far as it matters here."""

    @property
    def source(self) -> TopicPartition:
        """The partition."""

    @property
    def topic_id(self) -> str | None:
        """The id of the topic that was read; None where the broker could not tell."""

    @property
    def next_offset(self) -> int:
        """The next offset to read."""

    @property
    def obeyed_offset(self) -> int | None:
        """The position without our stamp that was obeyed last, or overruled."""

    @property
    def epoch(self) -> int:
        """How often it was claimed."""

    @property
    def incarnation(self) -> int:
        """How often its position was moved by hand, or its topic made anew."""

    @property
    def records_read(self) -> int:
        """How many records ended."""

    @property
    def skipped(self) -> int:
        """How many offsets were passed over on purpose, never to be read."""


@dataclass(slots=True, frozen=True)
class Standing:
    """One partition. What is not known is None: not in the database yet, or Kafka did not answer.

    `is_gone`: Kafka answered, and has no such partition.
    """

    source: TopicPartition
    row: Row | None
    found: Found | None
    is_gone: bool = False

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
    def is_made_anew(self) -> bool:
        """Whether Kafka's topic is another one than was read, of the same name."""
        if self.row is None or self.found is None or not (self.row.topic_id and self.found.topic_id):
            return False
        return self.row.topic_id != self.found.topic_id

    @property
    def is_beyond_end(self) -> bool:
        """Whether SQL has read what Kafka does not have."""
        return self.row is not None and self.found is not None and self.row.next_offset > self.found.end

    @property
    def lag(self) -> int | None:
        """How many offsets are still to be read. Some may hold no record: markers of transactions, compacted ones.

        None, too, where the position lies beyond the end: what is written there next will not be read.
        """
        if self.found is None or (self.is_beyond_end and not self.is_made_anew):
            return None
        if self.is_made_anew:
            return self.found.end - self.found.earliest
        begin = next(at for at in (self.next_offset, self.committed, self.found.earliest) if at is not None)
        return max(0, self.found.end - max(begin, self.found.earliest))

    @property
    def remark(self) -> str:
        """What a person should know."""
        if self.row is None:
            return "not read yet"
        if self.found is None:
            return "Kafka has no such partition" if self.is_gone else ""
        return _trouble(self, self.row, self.found) or _echo(self.row, self.found.committed)


def _trouble(standing: Standing, row: Row, found: Found) -> str:
    """Why reading can't go on where the row says."""
    if standing.is_made_anew:
        return "the topic was made anew: read from the earliest record, by a running consumer within seconds"
    if standing.is_beyond_end:
        return "beyond the end: the topic was cut short"
    if row.next_offset < found.earliest:
        return f"offsets deleted before they were read: {found.earliest - row.next_offset:,}"
    return ""


def _echo(row: Row, committed: Committed | None) -> str:
    """How Kafka's position differs from the row's."""
    if committed is None or committed.offset == row.next_offset:
        return ""
    if is_ours(committed):
        return "Kafka follows with the next commit"
    if committed.offset == row.obeyed_offset:
        return "Kafka follows with the next commit: its own is older"
    return "moved by an operator: obeyed at the next start"


def standings(
    rows: Iterable[Row],
    found: Mapping[TopicPartition, Found],
    listed: Mapping[str, Collection[TopicPartition]] | None = None,
) -> list[Standing]:
    """All partitions that either side knows, in order. `listed`: those that Kafka has of each topic that it told of."""
    by_source = {row.source: row for row in rows}
    there = {source for sources in (listed or {}).values() for source in sources}
    gone = {source for source in by_source if source.topic in (listed or {})} - there
    return [
        Standing(source, by_source.get(source), found.get(source), source in gone)
        for source in sorted(by_source.keys() | found.keys())
    ]
