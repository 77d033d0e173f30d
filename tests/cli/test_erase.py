"""`erase`, over a SQLite file and librdkafka's own cluster."""

import json
import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner, Result

from consumer import app as root
from consumer.cli import app, consent
from consumer.deadletters.headers import Header
from consumer.settings.fields import DatabaseSettings
from tests.contracts.clustered import Clustered, told

SECRET = "bluebottle"
NOBODY = "127.0.0.1:1"


class Desk:
    """A database with two memories of one owner, a dead-letter topic, and `erase` for them."""

    def __init__(self, url: str, servers: str) -> None:
        self.topic = f"erase-{uuid4().hex[:8]}-dlq"
        self._url = url
        self._servers = servers
        with root.database(DatabaseSettings(database_url=url)) as engine:
            self.store = Clustered(engine)
            self.store.write([told("a", f"a {SECRET}"), told("b", "quite another thing")])
        self.letter(b"a", b"?", 0)
        self.letter(b"x", b"nobody's", 0)
        self.letter(b"y", b'{"owner_id": "ann", "broken', 1)

    def letter(self, key: bytes, value: bytes, partition: int) -> None:
        """One more dead letter."""
        producer = Producer({"bootstrap.servers": self._servers, "linger.ms": 0})
        name = f"memories-{partition}-{key.decode()}"
        producer.produce(self.topic, value, key, partition, headers=[(Header.ID.value, name.encode())])
        assert producer.flush(60) == 0

    def erase(self, *arguments: str, servers: str = "", answer: str | None = None) -> Result:
        options = ["--database-url", self._url, "--bootstrap-servers", servers or self._servers]
        options += ["--set", f"dlq_topic={self.topic}"]
        return CliRunner().invoke(app, ["erase", *options, *arguments], input=answer)

    def told(self, *arguments: str) -> Any:
        ended = self.erase(*arguments, "--json")
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    def living(self) -> list[str]:
        return [name for (name,) in self.store.query("SELECT memory_id FROM memories WHERE NOT is_deleted ORDER BY 1")]


@pytest.fixture
def desk(tmp_path: Path, mock_kafka: str) -> Desk:
    return Desk(f"sqlite:///{tmp_path / 'memories.db'}", mock_kafka)


def test_a_memory_is_erased_and_its_letters_are_listed(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ended = desk.erase("--memory", "a", "--yes")
    assert ended.exit_code == 0, ended.output
    assert desk.living() == ["b"]
    assert "memories-0-a" in ended.stdout and "memories-0-x" not in ended.stdout
    assert "Erased: 1 memory" in ended.stderr
    assert SECRET not in ended.output + caplog.text


def test_an_owner_is_erased_for_programs(desk: Desk) -> None:
    told_of = desk.told("--owner", "ann", "--yes")
    assert desk.living() == []
    assert (told_of["kind"], told_of["erased"], told_of["rows"]["memories"]) == ("owner", True, 2)
    assert sorted(letter["id"] for letter in told_of["dead_letters"]) == ["memories-0-a", "memories-1-y"]
    assert told_of["dead_letters"][0]["topic"] == desk.topic
    assert told_of["dead_letters"][0]["written_at"].endswith("Z")
    assert told_of["dead_letters_unread"] is None


def test_a_rehearsal_erases_nothing(desk: Desk) -> None:
    ended = desk.erase("--owner", "ann", "--dry-run")
    assert ended.exit_code == 0 and "Nothing was erased" in ended.stderr
    assert ended.stdout.splitlines()[2].split() == ["memories", "2"]
    assert desk.living() == ["a", "b"]
    assert desk.store.query("SELECT count(*) FROM erasures") == [(0,)]


@pytest.mark.parametrize(("answer", "exit_code", "living"), [("y\n", 0, ["b"]), ("n\n", 1, ["a", "b"])])
def test_somebody_at_a_terminal_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str, exit_code: int, living: list[str]
) -> None:
    monkeypatch.setattr(consent.Consent, "check", lambda _: None)
    ended = desk.erase("--memory", "a", answer=answer)
    assert (ended.exit_code, desk.living()) == (exit_code, living)
    assert "Erase memory a for good?" in ended.stderr


@pytest.mark.usefixtures("few_words_with_kafka")
def test_kafka_away_keeps_nothing_from_being_erased_and_is_said(desk: Desk) -> None:
    ended = desk.erase("--memory", "a", "--yes", servers=NOBODY)
    assert ended.exit_code == 1
    assert "could not be looked at" in ended.stderr and "Erased: 1 memory" in ended.stderr
    assert desk.living() == ["b"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--yes"],
        ["--memory", "a", "--owner", "ann", "--yes"],
        ["--memory", "a"],
        ["--memory", "\udcff", "--yes"],
        ["--owner", "\udcff", "--yes"],
        ["--memory", "m" * 300, "--yes"],
    ],
)
def test_wrong_usage(desk: Desk, arguments: list[str]) -> None:
    assert desk.erase(*arguments).exit_code == 2
    assert desk.living() == ["a", "b"]
