"""Each service of the development stack does what its users are told it does."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import create_engine, text

from consumer.devstack.mock_kafka import MockKafka
from consumer.devstack.redis import Redis


def test_redis_knows_bloom_filters(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("BF.RESERVE", "devstack:filter", "0.01", "100", "NONSCALING")
        assert client.execute_command("BF.MADD", "devstack:filter", "a", "b") == [1, 1]
        assert client.execute_command("BF.MEXISTS", "devstack:filter", "a", "c") == [1, 0]
        client.delete("devstack:filter")


def test_each_fresh_database_is_empty_and_its_own(fresh_database: Callable[[], str]) -> None:
    first, second = create_engine(fresh_database()), create_engine(fresh_database())
    with first.begin() as connection:
        connection.execute(text("create table only_here (id int)"))
    with second.connect() as connection:
        assert connection.scalar(text("select to_regclass('only_here')")) is None
        assert connection.scalar(text("show server_encoding")) == "UTF8"
    first.dispose()
    second.dispose()


def test_a_fresh_database_goes_even_while_someone_is_connected(postgres_url: str) -> None:
    from consumer.devstack.postgres import temporary_database

    with temporary_database(postgres_url) as url:
        lingering = psycopg.connect(url.replace("+psycopg", ""))
    with pytest.raises(psycopg.OperationalError):
        lingering.execute("select 1")
    lingering.close()


def test_kafka_keeps_records_and_makes_no_topic_by_itself(kafka: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic("devstack-there", num_partitions=1)])["devstack-there"].result(10)
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce("devstack-there", b"value", b"key")
    assert producer.flush(10) == 0
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "devstack"})
    consumer.assign([TopicPartition("devstack-there", 0, 0)])
    message = consumer.poll(10)
    consumer.close()
    assert message is not None and message.value() == b"value"
    assert "devstack-missing" not in admin.list_topics("devstack-missing", timeout=5).topics or (
        admin.list_topics("devstack-missing", timeout=5).topics["devstack-missing"].error is not None
    )


def test_the_mock_cluster_makes_topics_of_four_partitions(mock_kafka: str) -> None:
    producer = Producer({"bootstrap.servers": mock_kafka})
    producer.produce("devstack-mock", b"value")
    assert producer.flush(10) == 0
    assert len(producer.list_topics("devstack-mock", timeout=5).topics["devstack-mock"].partitions) == 4


def test_the_mock_cluster_ends_when_stopped() -> None:
    with MockKafka() as cluster:
        address = cluster.address
    assert AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics  # still an address, nobody there
    with pytest.raises(Exception, match="_TRANSPORT|_ALL_BROKERS_DOWN|timed out"):
        AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=0.5)
