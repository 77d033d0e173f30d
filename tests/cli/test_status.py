"""`status`, over a SQLite file with signs of life in it and librdkafka's own cluster."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer import app as root
from consumer.cli import app
from consumer.settings.fields import DatabaseSettings
from consumer.telemetry.statistics import Statistics
from tests.fakes.clock import HandClock

run = CliRunner()


@pytest.fixture
def options(tmp_path: Path, mock_kafka: str) -> list[str]:
    """Options that lead to a group of three consumers: one running, one waiting, one silent for an hour."""
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    settings = DatabaseSettings(database_url=url)
    root.upgrade_database(settings)
    told, now = Statistics(HandClock()).snapshot().as_json(), datetime.now(UTC)
    with root.operations(settings) as operations:
        operations.beat("alive", "group", now, told)
        operations.beat("stuck", "group", now, {**told, "waiting_for": "no broker", "last_trouble": "no database"})
        operations.beat("dead", "group", now - timedelta(hours=1), told)
    return ["--group-id", "group", "--topics", "status", "--database-url", url, "--bootstrap-servers", mock_kafka]


def test_the_state_is_one_word_for_programs(options: list[str]) -> None:
    ended = run.invoke(app, ["status", "--json", *options])
    assert ended.exit_code == 0, ended.output
    consumers = json.loads(ended.stdout)["consumers"]
    assert {each["consumer_id"]: each["state"] for each in consumers} == {
        "alive": "running",
        "stuck": "waiting",
        "dead": "silent",
    }


def test_people_are_told_for_how_long_a_consumer_is_silent(options: list[str]) -> None:
    assert re.search(r"dead +silent for 36\d\d s ", run.invoke(app, ["status", *options]).stdout)


def test_people_are_told_what_a_consumer_waits_for_rather_than_what_is_over(options: list[str]) -> None:
    shown = run.invoke(app, ["status", *options]).stdout
    assert re.search(r"stuck +waiting .* no broker", shown)
    assert "no database" not in shown
