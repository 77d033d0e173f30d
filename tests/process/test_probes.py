"""The probes of a consumer as an operator runs it: a process, real Kafka, a SQLite file."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from time import sleep
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from tests.chaos.consumers import Fleet, fleet
from tests.contracts.places import create_topic

LOOKS = 300
"""How often a probe asks before it gives up, ten times a second."""


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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, dict[str, Any]]:
    """The answer; where nobody answers yet, 0."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except ConnectionError:
            return 0, {}


def probe_until(port: int, status: int) -> dict[str, Any]:
    """Ask whether it is ready until the answer is that."""
    for _ in range(LOOKS):
        found, told = ask(port, "/readyz")
        if found == status and told["waiting_for"] not in {"starting", "joining the group"}:
            return told
        sleep(0.1)
    raise AssertionError(f"not {status}: {ask(port, '/readyz')}")


def test_one_that_got_no_partition_is_ready_and_one_without_its_database_is_not(
    consumers: Fleet, kafka: str, topic: str, tmp_path: Path
) -> None:
    ports = [free_port(), free_port()]
    for port in ports:
        consumers.start("--set", f"health_port={port}")
    told = [probe_until(port, 200) for port in ports]
    assert sorted((each["assigned"], each["claimed"]) for each in told) == [(0, 0), (1, 1)]

    owner = ports[[each["assigned"] for each in told].index(1)]
    with closing(sqlite3.connect(tmp_path / "memories.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        producer = Producer({"bootstrap.servers": kafka})
        producer.produce(topic, b"no event", partition=0)
        assert producer.flush(30) == 0
        waiting = probe_until(owner, 503)
        database.execute("ROLLBACK")
    assert (waiting["waiting_for"], waiting["live"]) == ("database: database is locked", True)
    assert waiting["waiting_since"]
    assert probe_until(owner, 200)["waiting_since"] is None
