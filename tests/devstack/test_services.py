"""Each service of the development stack is what its users are told it is."""

from collections.abc import Callable

import psycopg
import pytest
import redis
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import Engine, create_engine, text

from consumer.devstack.kafka import answers
from consumer.devstack.mock_kafka import MockKafka, MockKafkaServer
from consumer.devstack.postgres import temporary_database


def test_redis_knows_bloom_filters(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        bloom = client.bf()
        bloom.reserve("devstack:filter", 0.01, 100, noScale=True)
        assert bloom.madd("devstack:filter", "a", "b") == [1, 1]
        assert bloom.mexists("devstack:filter", "a", "c") == [1, 0]
        client.delete("devstack:filter")


def test_each_fresh_database_is_empty_and_its_own(fresh_database: Callable[[], str]) -> None:
    first, second = create_engine(fresh_database()), create_engine(fresh_database())
    with first.begin() as connection:
        connection.execute(text("create table only_here (id int)"))
    assert _table_exists(first, "only_here")
    assert not _table_exists(second, "only_here")
    first.dispose()
    second.dispose()


def test_a_temporary_database_goes_even_while_someone_is_connected(postgres_url: str) -> None:
    with temporary_database(postgres_url) as url:
        lingering = psycopg.connect(url.replace("+psycopg", ""))
    with pytest.raises(psycopg.OperationalError):
        lingering.execute("select 1")
    lingering.close()


def test_kafka_keeps_what_it_acknowledged(kafka: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic("devstack-there", num_partitions=1)])["devstack-there"].result(60)
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce("devstack-there", b"value", b"key")
    assert producer.flush(60) == 0
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "devstack"})
    consumer.assign([TopicPartition("devstack-there", 0, 0)])
    message = consumer.poll(60)
    consumer.close()
    assert message is not None
    assert (message.key(), message.value()) == (b"key", b"value")


def test_kafka_makes_no_topic_by_itself(kafka: str) -> None:
    metadata = Producer({"bootstrap.servers": kafka}).list_topics("devstack-missing", timeout=60)
    error = metadata.topics["devstack-missing"].error
    assert error is not None
    assert error.name() == "UNKNOWN_TOPIC_OR_PART"


def test_the_mock_cluster_makes_topics_of_four_partitions(mock_kafka: str) -> None:
    producer = Producer({"bootstrap.servers": mock_kafka})
    producer.produce("devstack-mock", b"value")
    assert producer.flush(60) == 0
    assert len(producer.list_topics("devstack-mock", timeout=60).topics["devstack-mock"].partitions) == 4


def test_the_mock_cluster_ends_when_stopped() -> None:
    with MockKafka() as cluster:
        assert answers(cluster.address)
    client = AdminClient({"bootstrap.servers": cluster.address, "log_level": 0})
    with pytest.raises(KafkaException, match="_TRANSPORT"):
        client.list_topics(timeout=0.5)


def test_the_mock_cluster_runs_in_a_process_of_its_own_too() -> None:
    with MockKafkaServer() as cluster:
        address = cluster.address
        assert answers(address)
    assert not answers(address)


def _table_exists(engine: Engine, name: str) -> bool:
    with engine.connect() as connection:
        return connection.scalar(text("select to_regclass(:name)"), {"name": name}) is not None
