"""The probes of a consumer as an operator runs it: a process, real Kafka, a SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from consumer.devstack.loopback import HOST, free_port
from tests.chaos.consumers import Consumer, Fleet, fleet
from tests.contracts.places import create_topic

LOOK_EVERY = 0.1
"""Seconds from one probe to the next."""

LOOKS = 600
"""How often it is probed before that is given up."""


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"probes-{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": kafka})
    for each in (name, f"{name}-dlq"):
        create_topic(admin, each, 1)
    return name


@pytest.fixture
def consumers(kafka: str, topic: str, tmp_path: Path) -> Iterator[Fleet]:
    settings = {
        "CONSUMER_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "CONSUMER_TOPICS": topic,
        "CONSUMER_GROUP_ID": topic,
        "CONSUMER_KAFKA__HEARTBEAT_INTERVAL_MS": "300",
        "CONSUMER_DATABASE_URL": f"sqlite:///{tmp_path / 'memories.db'}",
        "CONSUMER_DATABASE_CONNECT_TIMEOUT_SECONDS": "2",
    }
    with fleet(settings, tmp_path) as consumers:
        yield consumers


def ask(port: int, path: str) -> tuple[int, dict[str, Any]]:
    """The answer; where nobody answers yet, 0."""
    with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except ConnectionError:
            return 0, {}


@dataclass(frozen=True)
class Probed:
    """A consumer and its port."""

    consumer: Consumer
    port: int

    def until(self, status: int) -> dict[str, Any]:
        """Ask whether it is ready until the answer is that."""
        looks = 0
        while self.consumer.runs_for(LOOK_EVERY) and looks < LOOKS:
            found, told = ask(self.port, "/readyz")
            if found == status and told["waiting_for"] not in {"starting", "joining the group"}:
                return told
            looks += 1
        raise AssertionError(f"not {status}: {ask(self.port, '/readyz')}\n{self.consumer.log_tail()}")


def probed(consumers: Fleet) -> Probed:
    port = free_port()
    return Probed(consumers.start("--set", f"health_port={port}"), port)


def test_one_that_got_no_partition_is_ready_and_one_without_its_database_is_not(
    consumers: Fleet, kafka: str, topic: str, tmp_path: Path
) -> None:
    both = [probed(consumers), probed(consumers)]
    told = [each.until(200) for each in both]
    assert sorted((each["assigned"], each["claimed"]) for each in told) == [(0, 0), (1, 1)]

    owner = both[[each["assigned"] for each in told].index(1)]
    with closing(sqlite3.connect(tmp_path / "memories.db", timeout=60, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        producer = Producer({"bootstrap.servers": kafka})
        producer.produce(topic, b"no event", partition=0)
        assert producer.flush(30) == 0
        waiting = owner.until(503)
        database.execute("ROLLBACK")
    assert (waiting["waiting_for"], waiting["live"]) == ("database: database is locked", True)
    assert waiting["waiting_since"]
    assert owner.until(200)["waiting_since"] is None
