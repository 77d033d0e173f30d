"""Where to start reading a partition. Pure.

The SQL row is the truth, because it moves in the same transaction as the data. Kafka's committed offset, written after
it, may lag behind it (a crash between the two) or run ahead of it (the database was restored from a backup); stamped
with our metadata it is only an echo. Without our stamp somebody moved it on purpose, with Kafka's own tools.
"""

from dataclasses import dataclass
from enum import StrEnum

from consumer.records import Claim, Committed, Found

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
        return self.because in (Because.MOVED_BY_OPERATOR, Because.ROW_LOST, Because.TOPIC_RECREATED)


def stamp(claim: Claim) -> str:
    """The metadata that marks a committed offset as ours."""
    return f"{STAMP};incarnation={claim.incarnation};epoch={claim.epoch}"


def is_ours(committed: Committed) -> bool:
    """Whether this program committed that offset."""
    return committed.metadata.startswith(STAMP)


def start(known: Known | None, found: Found) -> Start:
    """Decide where to start.

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
