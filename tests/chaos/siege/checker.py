"""Whether what is there agrees with what was published. Pure, and imports nothing of the consumer.

It knows three things: what the publisher wrote down, what lies in the tables, what lies in the dead-letter topic. Every
disagreement is a finding: something *lost*, *doubled*, or *altered*. Clusters have a checker of their own.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, repeat
from typing import Any, NamedTuple
from uuid import UUID

from tests.chaos.siege.contents import Event, event_in, memory_row
from tests.chaos.siege.published import Counts, Ending, Published, PublishedPartition


class Wrong(StrEnum):
    """In which way something is not as it should be."""

    LOST = "lost"
    DOUBLED = "doubled"
    ALTERED = "altered"


class Finding(NamedTuple):
    """So many records are not as they should be."""

    wrong: Wrong
    records: int
    what: str

    def __str__(self) -> str:
        return f"{self.records:,} {self.wrong}: {self.what}"


class Move(NamedTuple):
    """A position that was set: a first claim (from nowhere), or somebody's rewind."""

    from_offset: int | None
    to_offset: int
    because: str = "rewound"


class Row(NamedTuple):
    """A partition's row with the moves of its position, and the same counters as the other table has them.

    Nothing is counted as placed.
    """

    partition: int
    next_offset: int
    read: int
    counts: Counts
    merged: int
    moves: Sequence[Move]
    by_kind: Mapping[str, int]


class Letter(NamedTuple):
    """A dead letter. `id` names the record: `topic-partition-offset`."""

    id: str
    key: bytes | None
    value: bytes | None


StoredMemory = tuple[str, tuple[Any, ...]]
"""A memory's id and its columns, in the order of `contents.MEMORY_COLUMNS`."""

Agrees = Callable[[tuple[Any, ...], tuple[Any, ...]], bool]
"""Whether a memory's columns are what they should be."""


def check_counts(published: Published, rows: Iterable[Row]) -> Iterator[Finding]:
    """The counters of each partition are those of the records below its position, at whatever instant it is asked."""
    for row in rows:
        expected = expected_counts(published.partitions[row.partition], row)
        yield from list(_check_each(row, expected)) or _check_together(row, expected)
        yield from _check_equation(row, sum(expected))


def _check_each(row: Row, expected: Counts) -> Iterator[Finding]:
    """The counters one by one. Those that are placed may be in three of them."""
    found = (row.counts.stored, row.counts.duplicates, row.merged, row.counts.letters)
    least = (expected.stored, expected.duplicates, 0, expected.letters)
    open_ = (expected.placed, expected.placed, expected.placed, 0)
    for name, count, low, more in zip(("stored", "duplicates", "merged", "letters"), found, least, open_, strict=True):
        if off := min(0, count - low) or max(0, count - low - more):
            wanted = f"{low}" if not more else f"{low} to {low + more}"
            what = f"{name} of partition {row.partition}: {count}, not {wanted}"
            yield Finding(Wrong.LOST if off < 0 else Wrong.DOUBLED, abs(off), what)


def _check_together(row: Row, expected: Counts) -> Iterator[Finding]:
    """Those that are placed end somewhere, each once."""
    found = row.counts.stored + row.counts.duplicates + row.merged
    if off := found - (expected.stored + expected.duplicates + expected.placed):
        what = f"stored, merged and duplicates of partition {row.partition}: {found} together, not {found - off}"
        yield Finding(Wrong.LOST if off < 0 else Wrong.DOUBLED, abs(off), what)


def _check_equation(row: Row, records: int) -> Iterator[Finding]:
    if row.read != sum(row.counts) + row.merged or row.read != records:
        yield Finding(Wrong.ALTERED, 1, f"the equation of partition {row.partition}: {row}, {records} offsets passed")
    counted = {str(ending): count for ending, count in zip(Ending, row.counts, strict=True)} | {"merged": row.merged}
    if Counter(row.by_kind) != Counter(counted):
        yield Finding(Wrong.ALTERED, 1, f"the counts by category of partition {row.partition}: {row}")


def expected_counts(partition: PublishedPartition, row: Row) -> Counts:
    """How the records that were passed have ended. What was read before ends as a duplicate, or as a letter again."""
    total, reached = Counts(), 0
    for first, end in _passes(row):
        again = partition.between(first, min(end, reached))
        fresh = partition.between(max(first, reached), end)
        known = again.stored + again.duplicates + again.placed
        total = total.plus(fresh).plus(Counts(duplicates=known, letters=again.letters))
        reached = max(reached, end)
    return total


def check_moves(rows: Iterable[Row], rewinds: int) -> Iterator[Finding]:
    """Positions are set by first claims, and by so many rewinds: whatever else moved one, it was no operator."""
    again = 0
    for row in rows:
        for move, because in zip(row.moves, chain(["first_seen"], repeat("rewound")), strict=False):
            if move.because != because:
                yield Finding(Wrong.ALTERED, 1, f"the position of partition {row.partition} was moved: {move}")
        again += len(row.moves[1:])
    if again != rewinds:
        yield Finding(Wrong.ALTERED, abs(again - rewinds), f"positions moved {again} times, rewound {rewinds} times")


def _passes(row: Row) -> Iterator[tuple[int, int]]:
    """From where to where the partition was read without a move between."""
    firsts = [move.to_offset for move in row.moves] or [0]
    ends = [move.from_offset or 0 for move in row.moves[1:]] + [row.next_offset]
    return zip(firsts, ends, strict=True)


def check_drained(published: Published, rows: Iterable[Row]) -> Iterator[Finding]:
    """Every record has been read."""
    reached = {row.partition: row.next_offset for row in rows}
    for number, partition in published.partitions.items():
        if unread := sum(partition.between(reached.get(number, 0), partition.end)):
            yield Finding(Wrong.LOST, unread, f"partition {number} is read up to {reached.get(number)} only")


def check_contents(
    published: Published,
    memories: Iterable[StoredMemory],
    ledger: Mapping[UUID, str],
    agrees: Agrees = operator.eq,
) -> Iterator[Finding]:
    """Each event's memory is there with the content of its last event; each event's id is in the ledger, once."""
    by_ending = published.by_ending()
    known = chain(by_ending[Ending.PLACED], by_ending[Ending.STORED], by_ending[Ending.DUPLICATE])
    events = (event_in(note.value) for note in known)
    yield from _check_memories(last_values(published), memories, agrees)
    yield from _check_ledger({event["event_id"]: event["memory_id"] for event in events}, ledger)


def applied(published: Published) -> Iterator[tuple[Event, bytes | None]]:
    """The events that made or changed a memory, those of one memory in their order, with their values."""
    by_ending = published.by_ending()
    # What is placed is always the first of its memory.
    for note in chain(by_ending[Ending.PLACED], by_ending[Ending.STORED]):
        yield event_in(note.value), note.value


def last_values(published: Published) -> dict[str, bytes | None]:
    """Of each memory its last event."""
    return {event["memory_id"]: value for event, value in applied(published)}


def _check_memories(
    last: Mapping[str, bytes | None], memories: Iterable[StoredMemory], agrees: Agrees
) -> Iterator[Finding]:
    seen: set[str] = set()
    for memory_id, columns in memories:
        seen.add(memory_id)
        if memory_id not in last:
            yield Finding(Wrong.DOUBLED, 1, f"memory {memory_id} was never published")
        elif not agrees(columns, memory_row(event_in(last[memory_id]))):
            yield Finding(Wrong.ALTERED, 1, f"memory {memory_id} is not what its last event says: {columns}")
    if missing := last.keys() - seen:
        yield Finding(Wrong.LOST, len(missing), f"memories such as {min(missing)} are missing")


def _check_ledger(entered: Mapping[UUID, str], ledger: Mapping[UUID, str]) -> Iterator[Finding]:
    if missing := entered.keys() - ledger.keys():
        yield Finding(Wrong.LOST, len(missing), f"event ids such as {min(missing)} are missing")
    if strange := ledger.keys() - entered.keys():
        yield Finding(Wrong.DOUBLED, len(strange), f"event ids such as {min(strange)} were never to be entered")
    for event_id in entered.keys() & ledger.keys():
        if entered[event_id] != ledger[event_id]:
            yield Finding(Wrong.ALTERED, 1, f"event {event_id} is entered for another memory: {ledger[event_id]}")


def check_letters(published: Published, topic: str, letters: Iterable[Letter]) -> Iterator[Finding]:
    """Each broken record has its letter with the same bytes, sent once or twice; a good one has none."""
    broken = {
        f"{topic}-{note.partition}-{note.offset}": (note.key, note.value)
        for note in published.by_ending()[Ending.LETTER]
    }
    sent: set[str] = set()
    for letter in letters:
        sent.add(letter.id)
        if letter.id not in broken:
            yield Finding(Wrong.DOUBLED, 1, f"the letter {letter.id} is that of a good record, or of none")
        elif (letter.key, letter.value) != broken[letter.id]:
            yield Finding(Wrong.ALTERED, 1, f"the letter {letter.id} has other bytes than its record")
    if missing := broken.keys() - sent:
        yield Finding(Wrong.LOST, len(missing), f"letters such as {min(missing)} are missing")


def records(findings: Iterable[Finding], wrong: Wrong) -> int:
    """How many records are wrong in that way."""
    return sum(finding.records for finding in findings if finding.wrong is wrong)
