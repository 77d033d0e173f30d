"""Letters while the producer is past mending, or the topic's limit is moved, as the broker's answers have it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource

from consumer.adapters.kafka.dead_letters import KafkaDeadLetters
from consumer.deadletters.letter import Sender
from consumer.errors import Fatal, Transient
from consumer.process.clock import SystemClock
from consumer.records import Category, Record, Rejection, Stage, TopicPartition
from tests.chaos.outside import letters_in
from tests.contracts.places import create_topic
from tests.fakes.mock_cluster import Api, MockCluster

_numbers = count()


def rejections(number: int, value: bytes = b"x") -> list[Rejection]:
    source = TopicPartition("memories", 0)
    return [
        Rejection(
            Record(source, offset, b"k", value, (), 1), Category.VALIDATION, "bad", "is bad", "", Stage.VALUE_CONVERTER
        )
        for offset in range(number)
    ]


def letters_to(servers: str, topic: str) -> KafkaDeadLetters:
    letters = KafkaDeadLetters(servers, topic, Sender("group", "client"), SystemClock(), timeout=10.0)
    letters.check(["memories"], 1)
    return letters


@pytest.fixture
def cluster() -> Iterator[MockCluster]:
    with MockCluster() as started:
        started.create_topic("letters", 1)
        yield started


def test_a_producer_that_lost_count_is_replaced_and_the_next_try_sends_all(cluster: MockCluster) -> None:
    letters = letters_to(cluster.address, "letters")
    letters.send(rejections(5))
    cluster.refuse(Api.PRODUCE, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, times=1)
    with pytest.raises(Transient, match="can't send dead letters"):
        letters.send(rejections(20))
    letters.send(rejections(20))
    assert letters_in(cluster.address, "letters", 1).keys() == {f"memories-0-{offset}" for offset in range(20)}


@pytest.mark.parametrize(
    ("api", "error", "advice"),
    [
        (Api.PRODUCE, KafkaError.TOPIC_AUTHORIZATION_FAILED, "WRITE on the dead-letter topic"),
        (Api.PRODUCE, KafkaError.INVALID_RECORD, "cleanup.policy=delete"),
        (Api.INIT_PRODUCER_ID, KafkaError.CLUSTER_AUTHORIZATION_FAILED, "IDEMPOTENT_WRITE"),
    ],
)
def test_what_a_person_has_to_mend_stops_with_advice(cluster: MockCluster, api: Api, error: int, advice: str) -> None:
    cluster.refuse(api, error, times=5)
    with pytest.raises(Fatal, match="can't send dead letters") as raised:
        letters_to(cluster.address, "letters").send(rejections(3))
    assert advice in raised.value.advice


def test_a_limit_lowered_while_running_is_learnt_when_it_refuses(kafka: str) -> None:
    topic = f"dlq-lowered-{next(_numbers)}"
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    create_topic(admin, topic, 1, {"max.message.bytes": "1000000"})
    letters = letters_to(kafka, topic)
    assert not letters.send(rejections(1, b"x" * 5_000))
    lower = ConfigEntry("max.message.bytes", "12000", incremental_operation=AlterConfigOpType.SET)
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[lower])
    admin.incremental_alter_configs([asked])[asked].result(60)

    with pytest.raises(Transient, match="less than it did"):
        letters.send(rejections(50, b"x" * 5_000))
    assert not letters.send(rejections(50, b"x" * 5_000)), "each fits, only their batch did not"
    assert len(letters_in(kafka, topic, 1)) == 50


def test_a_topic_made_anew_with_fewer_partitions_takes_letters_from_all(kafka: str) -> None:
    topic = f"dlq-shrunk-{next(_numbers)}"
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    create_topic(admin, topic, 3)
    letters = letters_to(kafka, topic)
    (bad,) = rejections(1)
    of_the_third = [replace(bad, record=bad.record._replace(source=TopicPartition("memories", 2)))]
    letters.send(of_the_third)
    admin.delete_topics([topic])[topic].result(60)
    create_topic(admin, topic, 1)

    with pytest.raises(Transient):
        letters.send(of_the_third)
    letters.send(of_the_third)
    assert letters_in(kafka, topic, 1).keys() == {"memories-2-0"}
