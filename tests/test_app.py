"""The composition root and `run`, on a real broker: a start that is refused, a start that works, what it leaves."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from typer.testing import CliRunner

from consumer import app
from consumer.adapters.sql.patience import Patience, PatientConnection
from consumer.adapters.sql.store import SqlStore
from consumer.app.consuming import consumer
from consumer.cli import app as commands
from consumer.devstack.disorderly_events import disorderly
from consumer.devstack.sample_events import events
from consumer.errors import ConsumerError, Fatal
from consumer.records import CREATED, SAME_EVENT, Kind, Outcome
from consumer.settings import Settings, load
from consumer.settings.fields import KafkaSettings
from consumer.stopping import Stop
from tests.memory.legacy.records import V0

REFUSED = Outcome(Kind.DEAD_LETTERED, "validation")

Names = Callable[..., dict[str, str]]


@pytest.fixture
def environment(kafka: str, tmp_path: Path) -> Names:
    """Variables of a consumer with topics, group and database of its own; further ones by keyword."""

    def variables(*, topics: bool = True, **more: str) -> dict[str, str]:
        name = f"app-{uuid4().hex[:8]}"
        if topics:
            admin = AdminClient({"bootstrap.servers": kafka})
            wanted = [NewTopic(name, 2, 1), NewTopic(f"{name}-dlq", 1, 1)]
            for made in admin.create_topics(wanted).values():
                made.result(60)
        return {
            "CONSUMER_KAFKA_BOOTSTRAP_SERVERS": kafka,
            "CONSUMER_TOPICS": name,
            "CONSUMER_GROUP_ID": name,
            "CONSUMER_BATCH_MAX_WAIT_MS": "100",
            "CONSUMER_KAFKA__HEARTBEAT_INTERVAL_MS": "500",
            "CONSUMER_DATABASE_URL": f"sqlite:///{tmp_path / 'memories.db'}",
            **{f"CONSUMER_{key.upper()}": value for key, value in more.items()},
        }

    return variables


def settings(environment: dict[str, str]) -> Settings:
    return load(environment=environment).settings


def refused(environment: dict[str, str], says: str) -> None:
    with pytest.raises(ConsumerError, match=says) as refusal, consumer(settings(environment), Stop()):
        pass
    assert refusal.value.advice


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`run`, in a process of its own, until it ends by itself."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CONSUMER_")}
    return subprocess.run(
        [sys.executable, "-m", "consumer", "run", *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def told(environment: dict[str, str], *arguments: str) -> tuple[int, Any]:
    """How a command ends, and what it says in JSON."""
    ended = CliRunner().invoke(commands, [*arguments, "--json"], env=environment)
    return ended.exit_code, json.loads(ended.stdout)


def test_a_missing_dead_letter_topic_is_refused(environment: Names) -> None:
    refused(environment(topics=False), "dlq does not exist")


def test_a_missing_topic_is_refused(environment: Names) -> None:
    names = environment()
    refused({**names, "CONSUMER_TOPICS": "nowhere", "CONSUMER_DLQ_TOPIC": names["CONSUMER_TOPICS"]}, "nowhere")


def test_tables_that_are_not_up_to_date_are_refused(environment: Names, fresh_database: Callable[[], str]) -> None:
    refused(environment(topics=False, database_url=fresh_database()), "version none")


def test_a_schema_directory_that_is_none_is_refused(environment: Names, tmp_path: Path) -> None:
    refused(environment(topics=False, schema_directory=str(tmp_path / "absent")), "absent")


def test_an_answer_of_postgresql_is_not_waited_for_longer_than_agreed(
    environment: Names, fresh_database: Callable[[], str]
) -> None:
    agreed = settings(environment(database_url=fresh_database(), database_statement_timeout_seconds="7"))
    app.upgrade_database(agreed.database)
    with consumer(agreed, Stop()) as worker:
        assert isinstance(worker.store, SqlStore)
        with worker.store._engine.connect() as connection:
            opened = connection.connection.driver_connection
            assert isinstance(opened, PatientConnection)
            assert opened.patience == Patience(answer=12.0, transaction=100.0)


def test_run_goes_on_where_it_ended_commits_and_takes_its_leave(environment: Names) -> None:
    variables = environment(batch_size="40", log_format="json")
    kafka = KafkaSettings(kafka_bootstrap_servers=variables["CONSUMER_KAFKA_BOOTSTRAP_SERVERS"])
    publisher = app.publisher(kafka, variables["CONSUMER_TOPICS"])
    for sample in disorderly(300, 7, app.event_encoder()):
        publisher.publish_raw(sample.key, sample.value)
    assert publisher.flush() == 300

    bounded = run(variables, "--max-messages", "100")
    assert bounded.returncode == 0, bounded.stderr
    (stopped,) = [line for line in map(json.loads, bounded.stderr.splitlines()) if line["message"] == "stopped"]
    assert stopped["records"] == sum(stopped["outcomes"].values()) == 100
    with app.operations(settings(variables).database) as operations:
        assert operations.outcomes(variables["CONSUMER_GROUP_ID"]).total() == 100
    ended = run(variables, "--until-idle", "0.3")
    assert ended.returncode == 0, ended.stderr

    _, positions = told(variables, "offsets", "show")
    assert [each["lag"] for each in positions] == [0, 0]
    assert all(each["committed"] == each["next_offset"] == each["end"] for each in positions)
    assert sum(each["records_read"] for each in positions) == 300

    exit_code, status = told(variables, "status")
    assert (exit_code, status["consumers"]) == (1, []), "nobody is running any more"


def test_a_topic_that_carries_an_old_form_is_consumed_with_its_bad_records_told(environment: Names) -> None:
    variables = environment(log_format="json")
    topic = variables["CONSUMER_TOPICS"]
    variables |= {"CONSUMER_TOPIC_FORMS": f"{topic}=v0", "CONSUMER_LEGACY_OWNER": "@key"}
    kafka = KafkaSettings(kafka_bootstrap_servers=variables["CONSUMER_KAFKA_BOOTSTRAP_SERVERS"])
    publisher = app.publisher(kafka, topic)
    for record in [V0, V0, {**V0, "id": "m-2", "summary": None}, {"confidence": 11}]:
        publisher.publish_raw(b"o-1", json.dumps(record).encode())
    assert publisher.flush() == 4

    ended = run(variables, "--until-idle", "0.3")
    assert ended.returncode == 0, ended.stderr
    with app.operations(settings(variables).database) as operations:
        assert operations.outcomes(variables["CONSUMER_GROUP_ID"]) == {CREATED: 2, SAME_EVENT: 1, REFUSED: 1}
    _, shown = told(variables, "memory", "show", "m-2")
    assert (shown["owner_id"], shown["content"], shown["confidence"]) == ("o-1", V0["content"], 0.7)


def test_where_no_bad_record_is_borne_a_setting_says_what_of_its_batch_is_written(environment: Names) -> None:
    variables = environment(log_format="json", continue_on_error="false")
    kafka = KafkaSettings(kafka_bootstrap_servers=variables["CONSUMER_KAFKA_BOOTSTRAP_SERVERS"])
    publisher = app.publisher(kafka, variables["CONSUMER_TOPICS"])
    first, second, third = map(app.event_encoder(), events(3))
    for value in (first, second, b"no event", third):
        publisher.publish_raw(b"one key, one partition", value)
    assert publisher.flush() == 4

    def consume(**more: str) -> None:
        with consumer(settings(variables | more), Stop(), until_idle=0.3) as worker:
            worker.run()

    def outcomes() -> Counter[Outcome]:
        with app.operations(settings(variables).database) as operations:
            return operations.outcomes(variables["CONSUMER_GROUP_ID"])

    with pytest.raises(Fatal, match=r"\(validation, not_framed: "):
        consume(CONSUMER_VALIDATE_FIRST="true")
    assert outcomes() == {}
    with pytest.raises(Fatal, match=r"\(validation, not_framed: "):
        consume()
    assert outcomes() == {CREATED: 2}
    consume(CONSUMER_CONTINUE_ON_ERROR="true")
    assert outcomes() == {CREATED: 3, REFUSED: 1}


@pytest.mark.usefixtures("few_words_with_kafka")
def test_offsets_without_kafka_show_what_sql_knows(environment: Names) -> None:
    variables = {**environment(topics=False), "CONSUMER_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    app.upgrade_database(settings(variables).database)
    ended = CliRunner().invoke(commands, ["offsets", "show", "--json"], env=variables)
    assert (ended.exit_code, json.loads(ended.stdout)) == (1, [])
    assert "Kafka: " in ended.stderr
