"""Stalled and caught up, told apart on real Kafka."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from confluent_kafka import Producer
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.adapters.kafka.source import KafkaSource
from consumer.batching import BatchLimits
from consumer.process.clock import SystemClock
from consumer.records import Found, TopicPartition
from tests.contracts.places import IMPATIENT, RealPlace, own, until

AFTER = 0.5
LIMITS = BatchLimits(count=100, seconds=0.1)


class Reader:
    """A member that has both partitions of a topic and reads them from their start."""

    def __init__(self, bootstrap: str, cleanup: ExitStack) -> None:
        self.bootstrap = bootstrap
        self.place = RealPlace(bootstrap, cleanup)
        self.zero, self.one = TopicPartition(self.place.topic, 0), TopicPartition(self.place.topic, 1)
        topic = self.place.topic
        self.source = KafkaSource(bootstrap, topic, [topic], SystemClock(), IMPATIENT, stalled_after=AFTER)
        cleanup.callback(self.source.close)

    def start(self) -> None:
        own(self.source, 2)
        for partition in (self.zero, self.one):
            self.source.start(partition, 0)

    def stop_fetching(self, partition: TopicPartition) -> None:
        """As if librdkafka had forgotten it: behind the back of the source."""
        self.source._consumer.pause([KafkaPartition(*partition)])

    def go_on_fetching(self, partition: TopicPartition) -> None:
        self.source._consumer.resume([KafkaPartition(*partition)])

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
            return True if partition in self.source.stalled else None

        until(stalled)
        assert list(self.source.stalled) == [partition], "the other one is caught up"

    def read_for(self, polls: int) -> None:
        """Each of which takes a quarter of a second when nothing comes."""
        for _ in range(polls):
            self.source.poll(LIMITS)


@pytest.fixture
def reader(kafka: str) -> Iterator[Reader]:
    with ExitStack() as cleanup:
        yield Reader(kafka, cleanup)


def write_in_transactions(reader: Reader) -> None:
    """One that is committed, then one that is aborted: a record, two markers, and a record that nobody sees."""
    settings = {"bootstrap.servers": reader.bootstrap, "transactional.id": reader.place.topic}
    producer = Producer(settings)
    producer.init_transactions(30)
    for value, end in ((b"seen", producer.commit_transaction), (b"unseen", producer.abort_transaction)):
        producer.begin_transaction()
        producer.produce(reader.place.topic, value, partition=0)
        assert producer.flush(30) == 0
        end(30)


def test_behind_markers_of_transactions_a_partition_is_caught_up(reader: Reader) -> None:
    write_in_transactions(reader)
    reader.start()
    assert reader.read_until_caught_up(reader.zero, reader.one) == [b"seen"]
    found = reader.source.look_up([reader.zero])[reader.zero]
    assert isinstance(found, Found)
    assert reader.source._stalls.at_end[reader.zero] == found.end == 4, "the lag is 3 for ever, and it is no lag"
    reader.read_for(5)
    assert list(reader.source.stalled) == []


def test_a_partition_that_is_not_fetched_is_stalled_until_it_is(reader: Reader) -> None:
    reader.place.publish(0, b"x")
    reader.place.publish(1, b"y")
    own(reader.source, 2)
    reader.source.start(reader.zero, 0)
    reader.source.start(reader.one, 0)
    reader.stop_fetching(reader.one)
    reader.read_until_stalled(reader.one)
    reader.go_on_fetching(reader.one)
    reader.read_until_caught_up(reader.one)
    assert list(reader.source.stalled) == []


def test_a_partition_that_was_caught_up_and_is_not_fetched_any_more_is_stalled_once_it_grows(reader: Reader) -> None:
    reader.start()
    reader.read_until_caught_up(reader.zero, reader.one)
    reader.stop_fetching(reader.one)
    reader.read_for(6)
    assert list(reader.source.stalled) == [], "there is nothing to read"
    reader.place.publish(1, b"y")
    reader.read_until_stalled(reader.one)
