"""`memory-consumer stack`, as people type it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from confluent_kafka.admin import AdminClient

from consumer.devstack.kafka import answers

Command = Callable[..., str]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs `stack` with a state directory of its own; what is up goes down at the end. Gives what it printed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def command(*words: str) -> str:
        return subprocess.check_output([sys.executable, "-m", "consumer", "stack", *words], text=True, timeout=150)

    yield command
    command("down")


def test_up_prints_an_environment_whose_servers_answer(stack: Command) -> None:
    environment = json.loads(stack("up", "--json"))["environment"]
    broker = AdminClient({"bootstrap.servers": environment["CONSUMER_KAFKA_BOOTSTRAP_SERVERS"]})
    assert {environment["CONSUMER_TOPICS"], "memory-events-dlq"} <= broker.list_topics(timeout=60).topics.keys()
    with psycopg.connect(environment["CONSUMER_DATABASE_URL"].replace("+psycopg", "")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    with redis.Redis.from_url(environment["CONSUMER_REDIS_URL"]) as client:
        assert client.ping()
    lines = stack("up").splitlines()
    assert lines == [f"export {name}={value}" for name, value in environment.items()]
    assert json.loads(stack("down", "--json")) == {"was_up": True}
    assert not answers(environment["CONSUMER_KAFKA_BOOTSTRAP_SERVERS"])
