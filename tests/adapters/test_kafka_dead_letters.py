"""Dead letters on real Kafka: what is checked at the start, records of 20 MB, brokers that don't answer."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from confluent_kafka.admin import AdminClient

from consumer.adapters.kafka.dead_letters import KafkaDeadLetters
from consumer.deadletters.letter import Sender
from consumer.errors import Fatal, Transient
from consumer.process.clock import SystemClock
from consumer.records import Category, Record, Rejection, Stage, TopicPartition
from tests.contracts.places import create_topic

SENDER = Sender("group", "client")
NOBODY = "127.0.0.1:1"
LARGE = b"x" * 20_000_000
_numbers = count()


def rejection(value: bytes) -> Rejection:
    record = Record(TopicPartition("memories", 0), 1, b"k", value, (), 1)
    return Rejection(record, Category.VALIDATION, "malformed", "it is bad", "Mend it.", Stage.VALUE_CONVERTER)


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"dlq-adapter-{datetime.now(UTC):%H%M%S%f}-{next(_numbers)}"
    create_topic(AdminClient({"bootstrap.servers": kafka}), name, 1, {"max.message.bytes": "25000000"})
    return name


def letters_to(servers: str, topic: str, timeout: float = 60.0) -> KafkaDeadLetters:
    return KafkaDeadLetters(servers, topic, SENDER, SystemClock(), timeout=timeout)


def test_a_dead_letter_topic_that_is_a_source_is_refused() -> None:
    with pytest.raises(Fatal, match="among the topics to read") as raised:
        letters_to(NOBODY, "memories").check(["memories"], 1)
    assert "CONSUMER_DLQ_TOPIC" in raised.value.advice


def test_a_dead_letter_topic_that_does_not_exist_is_refused(kafka: str) -> None:
    with pytest.raises(Fatal, match="no-such-topic does not exist") as raised:
        letters_to(kafka, "no-such-topic").check(["memories"], 1)
    assert "--create" in raised.value.advice


def test_a_topic_that_vanished_stops_the_consumer_with_advice(kafka: str) -> None:
    with pytest.raises(Fatal, match="does not exist"):
        letters_to(kafka, "no-such-topic", timeout=10.0).send([rejection(b"x")])


def test_a_topic_too_small_for_the_largest_record_is_warned_of(kafka: str, topic: str) -> None:
    letters = letters_to(kafka, topic)
    assert not letters.check(["memories"], 20_000_000)
    (warning,) = letters.check(["memories"], 25_000_000)
    assert "25,000,000" in warning


def test_a_compacted_topic_is_warned_of_and_what_it_refuses_stops_the_consumer(kafka: str) -> None:
    name = f"dlq-compacted-{datetime.now(UTC):%H%M%S%f}"
    create_topic(AdminClient({"bootstrap.servers": kafka}), name, 1, {"cleanup.policy": "compact"})
    letters = letters_to(kafka, name)
    (warning,) = letters.check(["memories"], 1)
    assert "cleanup.policy" in warning
    bad = rejection(b"x")
    letters.send([bad])
    with pytest.raises(Fatal, match="can't send dead letters") as raised:
        letters.send([replace(bad, record=bad.record._replace(key=None))])
    assert "cleanup.policy=delete" in raised.value.advice


def test_a_letter_of_20_megabytes_is_sent_whole_where_the_topic_takes_it(kafka: str, topic: str) -> None:
    letters = letters_to(kafka, topic)
    letters.check(["memories"], 20_000_000)
    assert not letters.send([rejection(LARGE)])


def test_a_letter_of_20_megabytes_is_kept_where_the_topic_is_not_known_to_take_it(kafka: str, topic: str) -> None:
    (kept,) = letters_to(kafka, topic).send([rejection(LARGE)])
    assert kept.record.value == LARGE


def test_the_mock_cluster_is_taken_as_it_is(mock_kafka: str) -> None:
    letters = letters_to(mock_kafka, "letters-on-the-mock")
    assert not letters.check(["memories"], 900_000)
    assert not letters.send([rejection(b"x")])
    letters.close()


def test_a_broker_that_does_not_answer_is_waited_for_within_the_bound_and_tried_again() -> None:
    letters = letters_to(NOBODY, "dlq", timeout=0.5)
    for _ in range(2):
        with pytest.raises(Transient, match="not acknowledged"):
            letters.send([rejection(b"x")])
    letters.close()
