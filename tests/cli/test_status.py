"""`status`, over a SQLite file with signs of life in it and librdkafka's own cluster."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer import app as root
from consumer.cli import app
from consumer.process.condition import Health
from consumer.settings.fields import DatabaseSettings
from consumer.telemetry.statistics import Statistics
from tests.fakes.clock import HandClock

run = CliRunner()


@pytest.fixture
def options(tmp_path: Path, mock_kafka: str) -> list[str]:
    """Options that lead to a group of consumers: one running, the others each in a trouble of its own."""
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    settings = DatabaseSettings(database_url=url)
    root.upgrade_database(settings)
    now = datetime.now(UTC)
    since = now - timedelta(minutes=10)

    def told(**health: object) -> dict[str, object]:
        well = Health(live=True, ready=True, assigned=1, claimed=1)
        return {**Statistics(HandClock()).snapshot().as_json(), **replace(well, **health).as_json()}  # type: ignore[arg-type]

    with root.operations(settings) as operations:
        operations.beat("alive", "group", now, told())
        waiting = told(ready=False, waiting_for="no broker", waiting_since=since)
        operations.beat("held-up", "group", now, {**waiting, "last_trouble": "no database"})
        operations.beat("starved", "group", now, told(ready=False, stalled=("memories[3]",)))
        operations.beat("hung", "group", now, told(live=False))
        operations.beat("dead", "group", now - timedelta(hours=1), told())
    return ["--group-id", "group", "--topics", "status", "--database-url", url, "--bootstrap-servers", mock_kafka]


def test_the_state_is_one_word_for_programs(options: list[str]) -> None:
    ended = run.invoke(app, ["status", "--json", *options])
    assert ended.exit_code == 0, ended.output
    consumers = json.loads(ended.stdout)["consumers"]
    assert {each["consumer_id"]: each["state"] for each in consumers} == {
        "alive": "running",
        "held-up": "waiting",
        "starved": "stalled",
        "hung": "stuck",
        "dead": "silent",
    }


def test_people_are_told_for_how_long_a_consumer_is_silent(options: list[str]) -> None:
    assert re.search(r"dead +silent for 36\d\d s ", run.invoke(app, ["status", *options]).stdout)


def test_people_are_told_what_a_consumer_waits_for_rather_than_what_is_over(options: list[str]) -> None:
    shown = run.invoke(app, ["status", *options]).stdout
    assert re.search(r"held-up +waiting for 60\d s .* no broker", shown)
    assert "no database" not in shown


def test_people_are_told_which_partitions_are_stalled(options: list[str]) -> None:
    shown = run.invoke(app, ["status", *options]).stdout
    assert re.search(r"starved +stalled .* nothing comes of memories\[3\], short of the end", shown)
