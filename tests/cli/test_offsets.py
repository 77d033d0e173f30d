"""`offsets`, over a SQLite file with a group in it and librdkafka's own cluster."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from typer.testing import CliRunner, Result

from consumer import app as root
from consumer.adapters.sql.store import SqlStore
from consumer.cli import app, consent
from consumer.records import Committed, Found, TopicPartition
from consumer.settings.fields import DatabaseSettings
from tests.fakes.clock import HandClock

PUBLISHED = 10
READ = 6
FIRST_SECOND = 1_769_860_800
"""2026-01-31T12:00:00Z. One record a second follows."""


class Group:
    """A group that has read some of a topic's first two partitions, and `offsets` for it."""

    def __init__(self, url: str, servers: str, topic: str) -> None:
        self.topic = topic
        self.settings = DatabaseSettings(database_url=url)
        self._servers = servers
        self._options = [
            *("--group-id", topic, "--topics", topic),
            *("--database-url", url, "--bootstrap-servers", servers),
        ]
        self.publish(0)
        self.publish(1)
        with root.database(self.settings) as engine:
            store = SqlStore(engine, topic, HandClock(datetime(2026, 2, 1, tzinfo=UTC)))
            there = Found(None, Committed(READ, "under another consumer"), 0, PUBLISHED)
            store.claim({TopicPartition(topic, number): there for number in (0, 1)})

    def offsets(self, command: str, *arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, ["offsets", command, *self._options, *arguments], input=answer)

    def told(self, *arguments: str) -> Any:
        ended = self.offsets(*arguments, "--json")
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    def positions(self) -> list[int]:
        return [each["next_offset"] for each in self.told("show")[:2]]

    def claim(self, number: int) -> int:
        """The next start of a consumer: where it reads on."""
        source = TopicPartition(self.topic, number)
        with root.database(self.settings) as engine:
            store = SqlStore(engine, self.topic, HandClock(datetime(2026, 2, 2, tzinfo=UTC)))
            return store.claim({source: self._found(source)})[source].next_offset

    def move_in_kafka(self, number: int, offset: int) -> None:
        """As Kafka's own tool does it."""
        operator = Consumer({"bootstrap.servers": self._servers, "group.id": self.topic})
        operator.commit(offsets=[KafkaPartition(self.topic, number, offset)], asynchronous=False)
        operator.close()

    def publish(self, number: int) -> None:
        """A record a second."""
        producer = Producer({"bootstrap.servers": self._servers, "linger.ms": 0})
        for second in range(PUBLISHED):
            producer.produce(self.topic, b"-", b"k", number, timestamp=(FIRST_SECOND + second) * 1000)
            assert producer.flush(60) == 0

    def _found(self, source: TopicPartition) -> Found:
        from consumer.settings.fields import KafkaSettings

        settings = KafkaSettings(kafka_bootstrap_servers=self._servers, group_id=self.topic, topics=[self.topic])
        with root.group_positions(settings) as kafka:
            found = kafka.found([source])[source]
        assert isinstance(found, Found)
        return found


@pytest.fixture
def group(tmp_path: Path, mock_kafka: str) -> Group:
    return Group(f"sqlite:///{tmp_path / 'memories.db'}", mock_kafka, f"offsets-{uuid4().hex[:8]}")


@pytest.mark.parametrize(
    ("arguments", "positions"),
    [
        (["rewind", "--to", "earliest"], [0, 0]),
        (["rewind", "--by", "2", "--partition", "1"], [6, 4]),
        (["rewind", "--to", "3"], [3, 3]),
        (["skip", "--to", "latest"], [10, 10]),
        (["skip", "--by", "1", "--partition", "0"], [7, 6]),
        (["skip", "--to-time", "9999-01-01T00:00:00+01:00"], [10, 10]),
    ],
)
def test_a_group_is_moved(group: Group, arguments: list[str], positions: list[int]) -> None:
    assert group.told(*arguments, "--yes")["moved"]
    assert group.positions() == positions


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rewind", "--to", "latest"], "a rewind does not go forward, from 6 to 10"),
        (["skip", "--to", "earliest"], "a skip does not go back, from 6 to 0"),
        (["skip", "--by", "5"], "11 is not within what Kafka has, 0 up to 10"),
        (["skip", "--by", "1", "--partition", "9"], "Kafka has no"),
    ],
)
def test_what_may_not_be_moves_nothing(group: Group, arguments: list[str], says: str) -> None:
    ended = group.offsets(*arguments, "--yes")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert says in ended.stderr
    assert group.positions() == [READ, READ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--yes"],
        ["--yes", "--to", "earliest", "--by", "1"],
        ["--yes", "--to", "the beginning"],
        ["--yes", "--to-time", "2026-01-31 12:00"],
        ["--yes", "--by", "1", "--partition", "0", "--topic", "a", "--topic", "b"],
        ["--by", "1"],
    ],
)
def test_wrong_usage(group: Group, arguments: list[str]) -> None:
    assert group.offsets("rewind", *arguments).exit_code == 2


def test_a_move_is_kept_with_its_author_and_reason(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    group.told("skip", "--by", "3", "--partition", "1", "--reason", "one bad record", "--yes")
    (change,) = [change for change in group.told("show", "--changes") if change["because"] != "taken_over"]
    assert change.pop("moved_by").startswith("ann@")
    assert change.pop("changed_at")
    assert change == {
        "topic": group.topic,
        "partition": 1,
        "because": "skipped",
        "from_offset": 6,
        "to_offset": 9,
        "skipped": 3,
        "incarnation": 2,
        "reason": "one bad record",
    }
    assert [each["skipped"] for each in group.told("show")[:2]] == [0, 3]
    assert "one bad record" in group.offsets("show", "--changes", "--limit", "1").stdout


def test_whoever_had_the_partition_is_fenced_off(group: Group) -> None:
    before = group.told("show")[0]
    group.told("rewind", "--to", "earliest", "--yes")
    after = group.told("show")[0]
    assert (after["epoch"], after["incarnation"]) == (before["epoch"] + 1, before["incarnation"] + 1)
    assert after["records_read"] == before["records_read"]


def test_what_an_operator_did_in_kafka_before_is_overruled(group: Group) -> None:
    group.move_in_kafka(0, 9)
    group.told("rewind", "--to", "2", "--yes")
    assert group.claim(0) == 2
    group.move_in_kafka(0, 8)
    assert group.claim(0) == 8


def test_the_plan_is_shown_and_nothing_done_in_a_rehearsal(group: Group) -> None:
    ended = group.offsets("skip", "--by", "1", "--dry-run")
    assert ended.exit_code == 0
    assert "Nothing was moved" in ended.stderr
    assert ended.stdout.split()[-4:] == [f"{group.topic}[1]", "6", "7", "1"]
    assert group.positions() == [READ, READ]


@pytest.mark.parametrize(("answer", "exit_code", "position"), [("y\n", 0, 0), ("n\n", 1, READ)])
def test_somebody_at_a_terminal_is_asked(
    group: Group, monkeypatch: pytest.MonkeyPatch, answer: str, exit_code: int, position: int
) -> None:
    monkeypatch.setattr(consent.Consent, "check", lambda _: None)
    ended = group.offsets("rewind", "--to", "earliest", answer=answer)
    assert ended.exit_code == exit_code
    assert "Move the group?" in ended.stderr
    assert group.positions()[0] == position


def test_where_it_stands_already_there_is_nothing_to_ask(group: Group) -> None:
    ended = group.offsets("rewind", "--to", str(READ), "--yes")
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "stands there already" in ended.stderr


def test_what_was_never_read_is_named(group: Group) -> None:
    ended = group.offsets("rewind", "--to", "earliest", "--partition", "3", "--yes")
    assert ended.exit_code == 1
    assert f"nothing to move: {group.topic}[3]" in ended.stderr


def test_a_user_without_a_name_moves_too(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", unknown)
    group.told("rewind", "--to", "earliest", "--yes")
    assert group.told("show", "--changes", "--limit", "1")[0]["moved_by"].startswith("uid ")


def test_the_lag_of_what_was_never_read_counts_from_its_earliest_record(group: Group) -> None:
    never_read = group.told("show")[2]
    assert (never_read["remark"], never_read["lag"]) == ("not read yet", 0)
    group.publish(2)
    assert group.told("show")[2]["lag"] == PUBLISHED


@pytest.mark.usefixtures("few_words_with_kafka")
def test_a_broker_that_is_away_is_one_sentence_and_moves_nothing(group: Group) -> None:
    ended = group.offsets("rewind", "--to", "earliest", "--yes", "--bootstrap-servers", "127.0.0.1:1")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: can't look up topic")
    assert group.positions() == [READ, READ]
