"""Where the contracts of source and dead letters are tested: Kafka in memory, and the real one."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from time import monotonic
from typing import Protocol, TypeVar

from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.adapters.kafka.lookups import GroupPositions
from consumer.adapters.kafka.source import KafkaSource
from consumer.batching import BatchLimits
from consumer.errors import Transient
from consumer.ports import Assignment, Source
from consumer.process.clock import SystemClock
from consumer.records import Batch, Committed, Found, Headers, TopicPartition
from tests.fakes.kafka import FakeBroker, FakeGroup, FakeSource

PARTITIONS = 2

ATTENTIVE = {
    "session.timeout.ms": "30000",
    "max.poll.interval.ms": "30000",  # so long at most the others wait for it in a rebalance
    "heartbeat.interval.ms": "200",
    "fetch.wait.max.ms": "50",
}
"""A member that hears of rebalances soon, and that a busy machine does not put out."""

MISSED_SECONDS = 3.0

IMPATIENT = {**ATTENTIVE, "session.timeout.ms": "3000", "max.poll.interval.ms": "3000"}
"""One that the group misses when it has not polled for that long."""

BOUND = 60.0
"""Seconds within which something has to happen, or the test fails."""

T = TypeVar("T")
_numbers = count()


class Member(Source, Assignment, Protocol):
    """One member of a group, by both of its ports."""


class Place(Protocol):
    """A topic of two partitions, and a group."""

    topic: str

    def publish(self, partition: int, value: bytes, *, key: bytes | None = None, headers: Headers = ()) -> None:
        """Append a record."""

    def member(self) -> Member:
        """A new member of the group, waiting for its share. Closed by the end of the test."""

    def member_soon_missed(self) -> Member:
        """The same. If it does not poll for `MISSED_SECONDS`, the group puts it out."""

    def join_while_polling(self, member: Member) -> Callable[[], None]:
        """Have another member join in the middle of the next poll of this one. Gives what has it leave."""

    def delete_before(self, source: TopicPartition, offset: int) -> None:
        """Let retention take the records below the offset."""

    def make_anew(self) -> None:
        """Delete the topic and make one of the same name."""

    def move_committed(self, source: TopicPartition, offset: int) -> None:
        """Move the group, which must have no member, as an operator does."""

    def committed(self, source: TopicPartition) -> Committed | None:
        """The group's position."""

    def silence(self, member: Member) -> None:
        """Let time pass without the member, until the group has put it out."""


class FakePlace:
    """Kafka in memory."""

    def __init__(self) -> None:
        self.topic = "memories"
        self.broker = FakeBroker()
        self.broker.create_topic(self.topic, PARTITIONS)
        self.group = FakeGroup(self.broker, "group", [self.topic])

    def publish(self, partition: int, value: bytes, *, key: bytes | None = None, headers: Headers = ()) -> None:
        self.broker.publish(TopicPartition(self.topic, partition), value, key=key, headers=headers, timestamp_ms=1)

    def member(self) -> FakeSource:
        return FakeSource(self.group, "member")

    def member_soon_missed(self) -> FakeSource:
        return self.member()

    def join_while_polling(self, member: Member) -> Callable[[], None]:
        assert isinstance(member, FakeSource)
        joined = ExitStack()
        member.meanwhile = lambda: joined.callback(self.member().close)
        return joined.close

    def delete_before(self, source: TopicPartition, offset: int) -> None:
        self.broker.delete_before(source, offset)

    def make_anew(self) -> None:
        self.broker.create_topic(self.topic, PARTITIONS)

    def move_committed(self, source: TopicPartition, offset: int) -> None:
        self.broker.move_committed("group", source, offset)

    def committed(self, source: TopicPartition) -> Committed | None:
        return self.broker.committed.get(("group", source))

    def silence(self, member: Member) -> None:
        assert isinstance(member, FakeSource)
        self.group.expire(member)


class RealPlace:
    """A new topic and a new group on real Kafka."""

    def __init__(self, bootstrap_servers: str, cleanup: ExitStack, properties: Mapping[str, str] = ATTENTIVE) -> None:
        self.topic = f"memories-{datetime.now(UTC):%H%M%S%f}-{next(_numbers)}"
        self._servers = bootstrap_servers
        self._cleanup = cleanup
        self._properties = properties
        self._admin = AdminClient({"bootstrap.servers": bootstrap_servers})
        self._producer = Producer({"bootstrap.servers": bootstrap_servers, "linger.ms": 0})
        create_topic(self._admin, self.topic, PARTITIONS)

    def publish(self, partition: int, value: bytes, *, key: bytes | None = None, headers: Headers = ()) -> None:
        self._producer.produce(self.topic, value, key, partition, headers=list(headers))
        assert self._producer.flush(BOUND) == 0

    def member(self) -> KafkaSource:
        return self._member(self._properties)

    def member_soon_missed(self) -> KafkaSource:
        return self._member(IMPATIENT)

    def join_while_polling(self, member: Member) -> Callable[[], None]:
        # It joins in librdkafka's own threads; the other hears of it with its next heartbeat.
        return self.member().close

    def delete_before(self, source: TopicPartition, offset: int) -> None:
        for deleted in self._admin.delete_records([KafkaPartition(*source, offset)]).values():
            deleted.result(BOUND)

    def make_anew(self) -> None:
        for deleted in self._admin.delete_topics([self.topic]).values():
            deleted.result(BOUND)
        create_topic(self._admin, self.topic, PARTITIONS)

    def move_committed(self, source: TopicPartition, offset: int) -> None:
        operator = Consumer({"bootstrap.servers": self._servers, "group.id": self.topic})
        operator.commit(offsets=[KafkaPartition(*source, offset)], asynchronous=False)
        operator.close()

    def committed(self, source: TopicPartition) -> Committed | None:
        with GroupPositions(self._servers, self.topic) as positions:
            answer = positions.found([source])[source]
        assert isinstance(answer, Found), answer
        return answer.committed

    def silence(self, member: Member) -> None:
        """Another member polls on until it has everything."""
        own(self.member_soon_missed(), PARTITIONS)

    def _member(self, properties: Mapping[str, str]) -> KafkaSource:
        member = KafkaSource(self._servers, self.topic, [self.topic], SystemClock(), properties)
        self._cleanup.callback(member.close)
        return member


def create_topic(admin: AdminClient, topic: str, partitions: int, config: Mapping[str, str] | None = None) -> None:
    """Make a topic, and wait until it is there."""
    for created in admin.create_topics([NewTopic(topic, partitions, 1, config=dict(config or {}))]).values():
        created.result(BOUND)


def until(poll: Callable[[], T | None]) -> T:
    """Ask until there is an answer. What does not come within the bound does not come."""
    end = monotonic() + BOUND
    while (answer := poll()) is None:
        assert monotonic() < end, f"nothing within {BOUND:g} s"
    return answer


def start_in_time(member: Member, source: TopicPartition, offset: int) -> None:
    """Start it as the loop does: a partition that was taken away and is given back can't be sought before librdkafka
    has let go of it, which it does in threads of its own."""

    def started() -> bool | None:
        try:
            member.start(source, offset)
        except Transient:
            member.hold(0.1, lambda: False)
            return None
        return True

    until(started)


def found(member: Member, source: TopicPartition) -> Found:
    """What a member finds of one partition."""
    answer = member.look_up([source])[source]
    assert isinstance(answer, Found), answer
    return answer


def own(member: Member, partitions: int) -> set[TopicPartition]:
    """Poll until the member has so many partitions, none of them started."""
    have: set[TopicPartition] = set()

    def enough() -> set[TopicPartition] | None:
        assert member.poll(BatchLimits()) is None, "read before it was started"
        changes = member.changes()
        have.difference_update(changes.gone)
        have.update(changes.assigned)
        return have if len(have) == partitions else None

    return until(enough)


def claimed_anew(member: Member, at_least: int = 1) -> set[TopicPartition]:
    """Poll until partitions that were taken away are given back."""
    gone: set[TopicPartition] = set()
    given: set[TopicPartition] = set()

    def given_back() -> set[TopicPartition] | None:
        member.poll(BatchLimits(seconds=0.1))
        changes = member.changes()
        gone.update(changes.gone)
        given.difference_update(changes.gone)
        given.update(changes.assigned)
        return gone & given if len(gone & given) >= at_least else None

    return until(given_back)


def next_batch(member: Member, limits: BatchLimits) -> Batch:
    """Poll until a batch comes."""
    return until(lambda: member.poll(limits))


def read(member: Member, records: int, limits: BatchLimits) -> list[Batch]:
    """Poll until so many records have come."""
    batches: list[Batch] = []
    while sum(map(len, batches)) < records:
        batches.append(next_batch(member, limits))
    return batches
