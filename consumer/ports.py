"""What the loop needs of the world, in small pieces. Each port has one contract suite under `tests/contracts`.

None of them is thread-safe: one loop, one thread. Every method may raise `Transient` or `Fatal` unless it says that it
never raises; a method that raised has changed nothing, unless it says so.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from consumer.batching import BatchLimits
from consumer.errors import Transient
from consumer.memory.model import MemoryEvent
from consumer.records import (
    Batch,
    Changes,
    Claim,
    Found,
    KeptPayload,
    Opening,
    Plan,
    Record,
    Rejection,
    TopicPartition,
    Written,
)

Findings = Mapping[TopicPartition, Found | Transient]
"""What Kafka says of some partitions, each by itself: one without a leader must not keep the others waiting."""


class Source(Protocol):
    """Records out of Kafka, and the group's committed offsets."""

    @property
    def is_behind(self) -> bool:
        """Whether more may be had of what is being read: its end was not reached, or Kafka does not answer."""

    def poll(self, limits: BatchLimits) -> Batch | None:
        """The next batch, closed by count, bytes or age; None when nothing came for a moment.

        A batch holds records of partitions that are assigned and started when it is returned, and of no others.
        What was read past a limit is kept for the next call. Never raises `Transient`: in an outage, nothing comes.
        """

    def hold(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Wait without reading, and stay in the group: polls with every partition paused, and keeps what comes.

        Ends before its time once `is_over`, which is asked a few times a second. Never raises `Transient`.
        """

    def commit(self, claims: Mapping[TopicPartition, Claim]) -> None:
        """Send the next offset of each claim that moved to Kafka, stamped as ours. Does not wait for the answer.

        That a rebalance or an outage is in the way is no error: SQL is right, and the position goes with the next
        batch. Never raises `Transient`.
        """

    def close(self) -> None:
        """Leave the group. Never raises; a second call does nothing."""


class Assignment(Protocol):
    """Which partitions are ours to read, and from where."""

    def changes(self) -> Changes:
        """What changed since the last call. Newly assigned partitions are paused until started.

        A partition whose topic was made anew, or that does not have the offset which is to be read, is taken away and
        given back: its next claim decides. Never raises.
        """

    def look_up(self, sources: Collection[TopicPartition]) -> Findings:
        """What Kafka knows of each partition; of one that it can't tell of just now (it has no leader), why not."""

    def start(self, source: TopicPartition, offset: int) -> None:
        """Read the partition from this offset on. What was read of it before and not yet polled is dropped."""

    def stop(self, source: TopicPartition) -> None:
        """Read no more of the partition until it is started again. Never raises."""


class Decoder(Protocol):
    """Bytes into events."""

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        """The event, checked against its schema and all field rules. Bad data is a rejection, never an exception.

        Raises `Transient` where the schema could not be asked for.
        """


class SeenFilter(Protocol):
    """A hint which events may have been stored before. Never raises: it may always answer "don't know"."""

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        """Those that may be known and must be looked up. Whatever is not among them was probably never stored."""

    def add(self, event_ids: Sequence[UUID]) -> None:
        """Remember events whose transaction is committed. Best effort."""

    def trouble(self) -> str | None:
        """Why the filter is not being used just now; None when it is."""


class Settlement(Protocol):
    """What becomes of the rejections of one batch, called inside its transaction. Raises to have that rolled back."""

    def bear(self, rejections: Sequence[Rejection]) -> None:
        """Judge all rejections of the batch that are known so far. Raises where they are more than is borne."""

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        """Called once with all rejections, before the commit. Returns once each dead letter is acknowledged, with the
        payloads that the database must keep."""


class Store(Protocol):
    """The database: memories, the ledger of event ids, and the row of each partition, which is the truth."""

    def claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Claim]:
        """Take these partitions over from whoever has them, in one transaction: from now on their epochs are ours."""

    def write(
        self, plan: Plan, suspects: Collection[UUID], claims: Mapping[TopicPartition, Claim], settlement: Settlement
    ) -> Written:
        """All of a batch in one transaction: memories, ledger, counters, positions.

        The caller passes no record below the claim's next offset. Raises `OwnershipLost` when an epoch has moved on,
        `BreakerOpen` when the group's breaker is open, and whatever the settlement raises.
        After `Transient` it may have been committed all the same: ask `positions`.
        """

    def forget_obeyed(self, claims: Collection[Claim]) -> None:
        """Kafka has positions of ours for these: should the one come again that an operator had set, it is news."""

    def positions(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
        """The rows as they stand in the database."""


class Openings(Protocol):
    """The openings of the group's breaker, on record in the database."""

    def current(self) -> Opening | None:
        """The one that is not closed yet."""

    def open(self, why: str, tolerance: str) -> None:
        """Open the breaker, unless it is open."""

    def close(self, by: str) -> Opening | None:
        """Close the breaker. Returns the opening that ends with it; None where it was not open."""

    def is_pardoned(self) -> bool:
        """Whether the last opening was closed by hand, and what opened it has not passed yet."""

    def spend(self) -> None:
        """What opened the breaker has passed."""


class DeadLetters(Protocol):
    """The dead-letter topic."""

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        """Send one letter a rejection and wait, within a bound, until the broker has acknowledged every one.

        Returns those too large for the topic: their letters hold a reference, the caller keeps their bytes.
        """


class Observer(Protocol):
    """Told how the work goes; for progress and status. Never raises."""

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """A batch is committed, and took that long."""

    def waiting(self, reason: str) -> None:
        """The loop waits for something, the batch in hand; the next `batch_done` or `turned` ends it."""

    def turned(self) -> None:
        """The loop went round: no batch is in hand. Told several times a second, also when nothing comes."""


class Clock(Protocol):
    """Time, so that tests can have their own."""

    def now(self) -> datetime:
        """The time of day, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment; never runs backwards."""
