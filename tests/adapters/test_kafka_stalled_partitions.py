"""Stalled and caught up, told apart: behind markers on real Kafka, and where a broker hands nothing out."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient

from consumer.adapters.kafka.source import KafkaSource
from consumer.batching import BatchLimits
from consumer.process.clock import SystemClock
from consumer.records import Found, TopicPartition
from tests.contracts.places import ATTENTIVE, create_topic, own, until
from tests.fakes.mock_cluster import Api, MockCluster

AFTER = 1.0
LIMITS = BatchLimits(count=100, seconds=0.1)
FOR_EVER = 500
"""More fetches than a test gets to see refused: there are two a second."""


class Reader:
    """A member that has both partitions of a topic and reads them from their start."""

    def __init__(self, bootstrap: str, topic: str, cleanup: ExitStack) -> None:
        self.zero, self.one = TopicPartition(topic, 0), TopicPartition(topic, 1)
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
        self.source = KafkaSource(bootstrap, topic, [topic], SystemClock(), ATTENTIVE, stalled_after=AFTER)
        cleanup.callback(self.source.close)

    def publish(self, partition: TopicPartition) -> None:
        self._producer.produce(partition.topic, b"x", partition=partition.partition)
        assert self._producer.flush(30) == 0

    def start(self) -> None:
        own(self.source, 2)
        for partition in (self.zero, self.one):
            self.source.start(partition, 0)

    def read_until_caught_up(self, *partitions: TopicPartition) -> list[bytes | None]:
        values: list[bytes | None] = []

        def caught_up() -> bool | None:
            if batch := self.source.poll(LIMITS):
                values.extend(record.value for record in batch.records)
            return True if set(partitions) <= self.source._stalls.at_end.keys() else None

        until(caught_up)
        return values

    def read_until_stalled(self, partition: TopicPartition) -> None:
        def stalled() -> bool | None:
            self.source.poll(LIMITS)
            return True if list(self.source.stalled) == [partition] else None

        until(stalled)

    def read_for(self, polls: int) -> None:
        """Each of which takes a quarter of a second when nothing comes."""
        for _ in range(polls):
            self.source.poll(LIMITS)


@pytest.fixture
def topic() -> str:
    return f"stalls-{uuid4().hex[:8]}"


@pytest.fixture
def cluster(topic: str) -> Iterator[MockCluster]:
    """Each of two brokers leads a partition; the first one also leads the group."""
    with MockCluster(brokers=2) as cluster:
        cluster.create_topic(topic, 2)
        cluster.coordinate(topic, 1)
        for partition in (0, 1):
            cluster.lead(topic, partition, broker=partition + 1)
        yield cluster


@pytest.fixture
def reader(cluster: MockCluster, topic: str) -> Iterator[Reader]:
    with ExitStack() as cleanup:
        yield Reader(cluster.address, topic, cleanup)


def hand_nothing_out(cluster: MockCluster) -> None:
    """The second broker answers everything but fetches; librdkafka asks again and again, and says nothing."""
    cluster.refuse_at(2, Api.FETCH, KafkaError.NOT_LEADER_FOR_PARTITION, FOR_EVER)


def write_in_transactions(bootstrap: str, topic: str) -> None:
    """One that is committed, then one that is aborted: a record, a marker, a record that nobody sees, a marker."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic})
    producer.init_transactions(30)
    for value, end in ((b"seen", producer.commit_transaction), (b"unseen", producer.abort_transaction)):
        producer.begin_transaction()
        producer.produce(topic, value, partition=0)
        assert producer.flush(30) == 0
        end(30)


def test_behind_markers_of_transactions_a_partition_is_caught_up(kafka: str, topic: str) -> None:
    create_topic(AdminClient({"bootstrap.servers": kafka}), topic, 2)
    write_in_transactions(kafka, topic)
    with ExitStack() as cleanup:
        reader = Reader(kafka, topic, cleanup)
        reader.start()
        assert reader.read_until_caught_up(reader.zero, reader.one) == [b"seen"]
        found = reader.source.look_up([reader.zero])[reader.zero]
        assert isinstance(found, Found)
        assert reader.source._stalls.at_end[reader.zero] == found.end == 4, "the lag is 3 for ever, and it is no lag"
        reader.read_for(5)
        assert list(reader.source.stalled) == []


def test_a_partition_of_which_no_fetch_succeeds_is_stalled_until_one_does(reader: Reader, cluster: MockCluster) -> None:
    reader.publish(reader.zero)
    reader.publish(reader.one)
    hand_nothing_out(cluster)
    reader.start()
    reader.read_until_stalled(reader.one)
    cluster.lead(reader.one.topic, reader.one.partition, broker=1)
    assert reader.read_until_caught_up(reader.one) == [b"x"]
    assert list(reader.source.stalled) == []


def test_a_partition_that_was_caught_up_is_stalled_once_it_grows_unread(reader: Reader, cluster: MockCluster) -> None:
    reader.start()
    reader.read_until_caught_up(reader.zero, reader.one)
    hand_nothing_out(cluster)
    reader.read_for(5)
    assert list(reader.source.stalled) == [], "there is nothing to read"
    reader.publish(reader.one)
    reader.read_until_stalled(reader.one)
