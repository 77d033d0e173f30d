"""The values that pass between the loop and its ports: records, batches, plans, rejections, claims."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from consumer.effects import Effects
from consumer.memory.field_errors import FieldError
from consumer.memory.model import MemoryEvent

Headers = Sequence[tuple[str, bytes | None]]


class TopicPartition(NamedTuple):
    """A partition of a topic. Prints as `topic[3]`."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


class Record(NamedTuple):
    """One record as it was read: the bytes are those of the wire, never copied and never re-encoded.

    `timestamp_ms` is Kafka's, in milliseconds since the epoch, or -1 where the record has none.
    """

    source: TopicPartition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        size = len(self.key or b"") + len(self.value or b"")
        return size + sum(len(name) + len(value or b"") for name, value in self.headers) if self.headers else size

    @property
    def name(self) -> str:
        """`topic-partition-offset`: the same for the same record, however often it is read."""
        return f"{self.source.topic}-{self.source.partition}-{self.offset}"


class ClosedBy(StrEnum):
    """Why a batch was closed."""

    COUNT = "count"
    BYTES = "bytes"
    AGE = "age"
    REBALANCE = "rebalance"


@dataclass(slots=True, frozen=True)
class Batch:
    """Records in the order in which they were read: that of the offset within each partition."""

    records: list[Record]
    closed_by: ClosedBy

    def __len__(self) -> int:
        return len(self.records)

    def next_offsets(self) -> dict[TopicPartition, int]:
        """Of each partition in the batch, the offset of the next record to read."""
        return {record.source: record.offset + 1 for record in self.records}


class Category(StrEnum):
    """Whose fault a dead letter is."""

    VALIDATION = "validation"
    DATABASE = "database"
    DEDUPLICATION = "deduplication"


class Stage(StrEnum):
    """Where a record failed, in the words of Kafka Connect, whose tools read them."""

    VALUE_CONVERTER = "VALUE_CONVERTER"
    TRANSFORMATION = "TRANSFORMATION"
    TASK_PUT = "TASK_PUT"


@dataclass(slots=True, frozen=True)
class Rejection:
    """A record that can't be processed, and why. It ends as a dead letter.

    `code` is stable and short (`unknown_schema_id`); `errors` are those of single fields, all of the record at once.
    """

    record: Record
    category: Category
    code: str
    message: str
    advice: str
    stage: Stage
    errors: tuple[FieldError, ...] = ()
    schema_id: int | None = None
    exception_class: str = ""
    stacktrace: str = ""


class Arrival(NamedTuple):
    """A valid event and the record that brought it."""

    record: Record
    event: MemoryEvent


@dataclass(slots=True, frozen=True)
class Plan:
    """A batch, decoded and validated: every record is exactly one arrival or one rejection.

    Arrivals keep the order of the batch. `strange_keys` counts events whose Kafka key is not their memory's id: they
    are processed, but Kafka keeps no order between them.
    """

    arrivals: list[Arrival]
    rejections: list[Rejection]
    next_offsets: Mapping[TopicPartition, int]
    strange_keys: int = 0

    def event_ids(self) -> list[UUID]:
        """The ids of all arrivals, in order, repetitions included."""
        return [arrival.event.event_id for arrival in self.arrivals]


class Kind(StrEnum):
    """How a record ended. Every record read ends as exactly one of these."""

    STORED = "stored"
    MERGED = "merged"
    DUPLICATE = "duplicates"
    DEAD_LETTERED = "dead_lettered"


class Outcome(NamedTuple):
    """How a record ended, and its reason: `stored/created`, `duplicates/same_event`, `dead_lettered/validation`."""

    kind: Kind
    category: str


CREATED = Outcome(Kind.STORED, "created")
UPDATED = Outcome(Kind.STORED, "updated")
DELETED = Outcome(Kind.STORED, "deleted")
SAME_EVENT = Outcome(Kind.DUPLICATE, "same_event")
OVERTAKEN = Outcome(Kind.DUPLICATE, "overtaken")
SAME_CONTENT = Outcome(Kind.DUPLICATE, "same_content")
NEARLY_SAME = Outcome(Kind.DUPLICATE, "nearly_same")
FOLDED_IN = Outcome(Kind.MERGED, "folded_in")

Tally = Counter[Outcome]


@dataclass(slots=True, frozen=True)
class Claim:
    """Our title to a partition: good as long as the database row still carries this epoch.

    `incarnation` counts how often the position was moved by hand or the topic made anew.
    """

    source: TopicPartition
    epoch: int
    next_offset: int
    incarnation: int


@dataclass(slots=True, frozen=True)
class Committed:
    """What Kafka has as the group's position: `offset` is the next to read; `metadata`, the string beside it."""

    offset: int
    metadata: str


@dataclass(slots=True, frozen=True)
class Found:
    """What Kafka says of a partition when it is assigned to us.

    `topic_id` is None where the broker can't tell. `earliest` and `end` are the first offset kept and the next one to
    be written. `reached` is where the partition's row stood before Kafka was asked, 0 without one; None: not looked at.
    """

    topic_id: str | None
    committed: Committed | None
    earliest: int
    end: int
    reached: int | None = None


@dataclass(slots=True, frozen=True)
class Changes:
    """What was done to our assignment since the last look. A partition in both was taken away, then given back.

    `stamped`: where an operator had moved Kafka's position when it was looked up, and Kafka has one of ours by now.
    """

    gone: frozenset[TopicPartition] = frozenset()
    assigned: frozenset[TopicPartition] = frozenset()
    stamped: frozenset[TopicPartition] = frozenset()


BY_CONFIGURATION = "configuration"
BY_HAND = "resume"
"""What closes a breaker."""


@dataclass(slots=True, frozen=True)
class Opening:
    """The group's breaker was opened: when, why, and under which tolerance."""

    opened_at: datetime
    why: str
    tolerance: str


@dataclass(slots=True, frozen=True)
class KeptPayload:
    """A dead letter too large for its topic: the database keeps the record whole, the letter says where."""

    record: Record

    @property
    def id(self) -> str:
        """The record's name and the beginning of its value's SHA-256.

        The name alone would do, were it not that a topic can be made anew, and then has other records of that name.
        """
        return f"{self.record.name}-{hashlib.sha256(self.record.value or b'').hexdigest()[:16]}"


@dataclass(slots=True)
class Written:
    """What one committed transaction did.

    `ended`: how each arrival of the plan ended that was not rejected, by its place. `event_ids` are those that the
    ledger has for certain, fit for the filter.
    """

    next_offsets: Mapping[TopicPartition, int]
    tally: Tally = field(default_factory=Counter)
    event_ids: list[UUID] = field(default_factory=list)
    effects: Effects = field(default_factory=Effects)
    strange_keys: int = 0
    ended: Mapping[int, tuple[TopicPartition, Outcome]] = field(default_factory=dict)


def at_or_above(records: Iterable[Record], next_offsets: Mapping[TopicPartition, int]) -> list[Record]:
    """The records that have not been counted yet: known partitions only, at their next offset or past it."""
    never = 1 << 63
    return [record for record in records if record.offset >= next_offsets.get(record.source, never)]
