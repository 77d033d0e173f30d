"""Where to start reading a partition. Pure.

The SQL row is the truth, because it moves in the same transaction as the data. Kafka's committed offset, written after
it, may lag behind it (a crash between the two) or run ahead of it (the database was restored from a backup); stamped
with our metadata it is only an echo. Without our stamp somebody moved it on purpose, with Kafka's own tools.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from consumer.errors import Fatal, Transient
from consumer.records import Claim, Committed, Found, TopicPartition

STAMP = "memory-consumer"


class Because(StrEnum):
    """Why reading starts where it does."""

    RESUMED = "resumed"
    FIRST_SEEN = "first_seen"
    TAKEN_OVER = "taken_over"
    MOVED_BY_OPERATOR = "moved_by_operator"
    ROW_LOST = "row_lost"
    TOPIC_RECREATED = "topic_recreated"
    REWOUND = "rewound"
    SKIPPED = "skipped"
    OUT_OF_RANGE = "out_of_range"


class OutOfRange(StrEnum):
    """What to do where the offset to read from is not there any more, or not there yet."""

    STOP = "stop"
    EARLIEST = "earliest"


class Fate(StrEnum):
    """What became of a title of ours, as the row tells it."""

    KEPT = "kept"
    WENT_BACK = "went_back"
    MOVED_BY_HAND = "moved_by_hand"
    TAKEN = "taken"


@dataclass(slots=True, frozen=True)
class Known:
    """The partition's row, as far as resuming needs it.

    `obeyed_offset` is the offset without our stamp that was followed last: finding it again, because we died before
    Kafka had ours, is no news.
    """

    topic_id: str | None
    incarnation: int
    next_offset: int
    obeyed_offset: int | None = None


@dataclass(slots=True, frozen=True)
class Start:
    """Where to read from. `skipped` counts the records that will never be read because somebody moved past them;
    `obeyed_offset` is the offset without our stamp that Kafka has, and that has been followed."""

    next_offset: int
    incarnation: int
    because: Because
    skipped: int = 0
    obeyed_offset: int | None = None

    @property
    def is_loud(self) -> bool:
        """Whether the position is not simply where we left off, so that a person should hear of it."""
        return self.because not in (Because.RESUMED, Because.FIRST_SEEN, Because.TAKEN_OVER)


def stamp(claim: Claim) -> str:
    """The metadata that marks a committed offset as ours."""
    return f"{STAMP};incarnation={claim.incarnation};epoch={claim.epoch}"


def is_ours(committed: Committed) -> bool:
    """Whether this program committed that offset."""
    return committed.metadata.startswith(STAMP)


def became_of(ours: Claim, row: Claim | None) -> Fate:
    """What the row says of our title.

    Epochs and positions never fall: where they did, the database lost commits (a fail-over, a restore). A consumer that
    claims raises the epoch; an operator who moves the position raises the incarnation with it.
    """
    if row is None or (row.epoch, row.next_offset) < (ours.epoch, ours.next_offset):
        return Fate.WENT_BACK
    if row.epoch == ours.epoch:
        return Fate.KEPT
    by_hand = row.epoch - ours.epoch == row.incarnation - ours.incarnation
    return Fate.MOVED_BY_HAND if by_hand else Fate.TAKEN


def start(
    source: TopicPartition, known: Known | None, found: Found, out_of_range: OutOfRange = OutOfRange.STOP
) -> Start:
    """Decide where to start. Raises `Fatal` where Kafka does not have that offset, and nobody said what to do then;
    `Transient` where what Kafka said is older than the row."""
    if known is not None and known.topic_id and not found.topic_id:
        # Without a controller a cluster tells no ids; and then nobody knows whether this is still the same topic.
        raise Transient(f"Kafka does not tell just now which topic {source.topic} is")
    begin = _start(known, found)
    if found.earliest <= begin.next_offset <= found.end:
        return begin
    if _is_outdated(found, begin):
        raise Transient(f"{source} was read on by another consumer since Kafka was asked about it")
    if out_of_range is OutOfRange.STOP:
        raise _gone(source, begin.next_offset, found)
    return replace(
        begin,
        next_offset=found.earliest,
        incarnation=begin.incarnation + (begin.because is Because.RESUMED),
        because=Because.OUT_OF_RANGE,
        skipped=begin.skipped + max(0, found.earliest - begin.next_offset),
    )


def _start(known: Known | None, found: Found) -> Start:
    """Where to go on, whether Kafka still has it or not.

    A new partition starts where its group left it under another consumer, else at the earliest record. That holds for
    one that we read before, but whose row is gone, too: the database knows nothing of what was read.
    """
    committed = found.committed
    theirs = None if committed is None or is_ours(committed) else committed.offset
    if known is None:
        if theirs is not None:
            return Start(theirs, 1, Because.TAKEN_OVER, obeyed_offset=theirs)
        return Start(found.earliest, 1, Because.FIRST_SEEN if committed is None else Because.ROW_LOST)
    if known.topic_id and found.topic_id and known.topic_id != found.topic_id:
        return Start(found.earliest, known.incarnation + 1, Because.TOPIC_RECREATED, obeyed_offset=theirs)
    if theirs is None or theirs in (known.next_offset, known.obeyed_offset):
        return Start(known.next_offset, known.incarnation, Because.RESUMED, obeyed_offset=theirs)
    return Start(
        theirs,
        known.incarnation + 1,
        Because.MOVED_BY_OPERATOR,
        skipped=max(0, theirs - known.next_offset),
        obeyed_offset=theirs,
    )


def _is_outdated(found: Found, begin: Start) -> bool:
    """Whether the row has gone past an end that was no nearer than the row when Kafka was asked: a process that is
    frozen between the two finds it so."""
    is_where_the_row_stands = begin.because is Because.RESUMED
    return is_where_the_row_stands and found.reached is not None and found.reached <= found.end < begin.next_offset


def _gone(source: TopicPartition, offset: int, found: Found) -> Fatal:
    if offset < found.earliest:
        why = "records were deleted before they were read"
        cure = "Pass over what is gone: memory-consumer offsets skip --to earliest."
    else:
        why = "the topic was cut short"
        cure = "Go back to its end, or read it again: memory-consumer offsets rewind --to latest, or --to earliest."
    return Fatal(
        f"{source} is to be read from offset {offset:,} on, but it has {found.earliest:,} up to {found.end:,}: {why}",
        advice=f"{cure} Or set CONSUMER_ON_OUT_OF_RANGE=earliest, to go on at the earliest record each time.",
    )
