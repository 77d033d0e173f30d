"""Publishing to librdkafka's own cluster, and to nobody."""

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from consumer.adapters.avro import AvroEncoder
from consumer.adapters.kafka.publisher import KafkaPublisher
from consumer.devstack.sample_events import events
from consumer.errors import Fatal, SettingsError, Transient
from tests.fakes.mock_cluster import Api, MockCluster

encode = AvroEncoder().encode
PARTITIONS = 4


def read(bootstrap_servers: str, topic: str, count: int) -> list[tuple[bytes | None, bytes | None, object]]:
    consumer = Consumer(
        {"bootstrap.servers": bootstrap_servers, "group.id": "reader", "auto.offset.reset": "earliest", "log_level": 4}
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found: list[tuple[bytes | None, bytes | None, object]] = []
    try:
        while len(found) < count:
            message = consumer.poll(60.0)
            assert message is not None, f"{len(found)} of {count} messages arrived within a minute"
            assert message.error() is None
            found.append((message.key(), message.value(), message.headers()))
    finally:
        consumer.close()
    return found


def test_events_arrive_under_their_memory_and_are_counted(mock_kafka: str) -> None:
    publisher = KafkaPublisher(mock_kafka, "publisher-events", encode)
    publisher.check()
    sent = list(events(50))
    for event in sent:
        publisher.publish(event)
    assert publisher.flush() == 50
    assert (publisher.failed, list(publisher.failures)) == (0, [])
    expected = {(event.memory_id.encode(), encode(event)) for event in sent}
    assert {(key, value) for key, value, _ in read(mock_kafka, "publisher-events", 50)} == expected


def test_any_bytes_can_be_sent(mock_kafka: str) -> None:
    publisher = KafkaPublisher(mock_kafka, "publisher-raw", encode)
    publisher.publish_raw(None, b"\xff", [("traceparent", b"00-1"), ("none", None)])
    publisher.publish_raw(b"k", None)
    assert publisher.flush() == 2
    assert sorted(read(mock_kafka, "publisher-raw", 2), key=str) == [
        (None, b"\xff", [("traceparent", b"00-1"), ("none", None)]),
        (b"k", None, None),
    ]


def test_a_message_that_is_too_large_is_counted_as_failed_and_the_others_go_on(mock_kafka: str) -> None:
    publisher = KafkaPublisher(mock_kafka, "publisher-large", encode, {"message.max.bytes": "2000"})
    publisher.publish_raw(b"k", b"x" * 3_000)
    publisher.publish_raw(b"k", b"x")
    assert publisher.flush() == 1
    assert publisher.failed == 1
    assert "MSG_SIZE_TOO_LARGE" in publisher.failures[0]


def test_a_full_queue_is_waited_for(mock_kafka: str) -> None:
    publisher = KafkaPublisher(mock_kafka, "publisher-queue", encode, {"queue.buffering.max.messages": "10"})
    for number in range(200):
        publisher.publish_raw(b"k", b"%d" % number)
    assert publisher.flush() == 200


def test_nobody_there_is_said_before_anything_is_sent() -> None:
    with pytest.raises(Transient, match="can't publish to somewhere"):
        KafkaPublisher("127.0.0.1:1", "somewhere", encode).check(seconds=0.5)


def test_what_nobody_acknowledges_is_counted_as_failed() -> None:
    publisher = KafkaPublisher("127.0.0.1:1", "somewhere", encode, {"delivery.timeout.ms": "200", "linger.ms": "0"})
    publisher.publish_raw(b"k", b"v")
    assert publisher.flush() == 0
    assert publisher.failed == 1


def test_a_producer_that_lost_count_is_said_to_be_past_mending() -> None:
    with MockCluster() as cluster:
        cluster.create_topic("somewhere", 1)
        cluster.refuse(Api.PRODUCE, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, times=10)
        publisher = KafkaPublisher(cluster.address, "somewhere", encode, {"linger.ms": "0"})
        with pytest.raises(Fatal, match="can't publish to somewhere"):  # noqa: PT012 - whichever call is on hears of it
            publisher.publish_raw(b"k", b"v")
            publisher.flush()


def test_a_property_that_librdkafka_will_not_have_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match=r"fetch\.min\.bytes"):
        KafkaPublisher("127.0.0.1:1", "somewhere", encode, {"fetch.min.bytes": "abc"})
