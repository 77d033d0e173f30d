"""`status`, over a SQLite file with signs of life in it and librdkafka's own cluster."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer import app as root
from consumer.adapters.sql.openings import SqlOpenings
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

    def told(filter_trouble: str | None = None, **health: object) -> dict[str, object]:
        well = Health(live=True, ready=True, assigned=1, claimed=1)
        return {**Statistics(HandClock()).snapshot(filter_trouble).as_json(), **replace(well, **health).as_json()}  # type: ignore[arg-type]

    with root.operations(settings) as operations:
        operations.beat("alive", "group", now, told("Redis is away"))
        waiting = told(ready=False, assigned=2, waiting_for="no broker", waiting_since=since)
        operations.beat("held-up", "group", now, {**waiting, "last_trouble": "no database"})
        operations.beat("starved", "group", now, told("Redis is away", ready=False, stalled=("memories[3]",)))
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


def test_a_consumer_of_an_earlier_version_may_say_less(options: list[str]) -> None:
    before = Statistics(HandClock()).snapshot().as_json()
    settings = DatabaseSettings(database_url=options[options.index("--database-url") + 1])
    with root.operations(settings) as operations:
        operations.beat("earlier", "group", datetime.now(UTC), before)
    assert re.search(r"^earlier +running ", run.invoke(app, ["status", *options]).stdout, re.MULTILINE)


def test_people_are_told_for_how_long_a_consumer_is_silent(options: list[str]) -> None:
    assert re.search(r"dead +silent for 36\d\d s ", run.invoke(app, ["status", *options]).stdout)


def test_people_are_told_what_a_consumer_waits_for_rather_than_what_is_over(options: list[str]) -> None:
    shown = run.invoke(app, ["status", *options]).stdout
    assert re.search(r"^held-up +waiting for 6\d\d s ", shown, re.MULTILINE)
    assert "held-up: waits: no broker\n" in shown
    assert "no database" not in shown


def test_people_are_told_which_partitions_are_stalled(options: list[str]) -> None:
    shown = run.invoke(app, ["status", *options]).stdout
    assert re.search(r"^starved +stalled ", shown, re.MULTILINE)
    assert "starved: nothing comes of memories[3], short of the end\n" in shown


def test_what_several_consumers_say_is_shown_once(options: list[str]) -> None:
    shown = run.invoke(app, ["status", *options]).stdout
    assert "alive, starved: without the filter: Redis is away\n" in shown


def test_people_are_told_how_much_is_claimed_of_what_is_assigned(options: list[str]) -> None:
    shown = run.invoke(app, ["status", *options]).stdout
    assert re.search(r"^alive +running +1 ", shown, re.MULTILINE)
    assert re.search(r"^held-up +waiting for 6\d\d s +1 of 2 ", shown, re.MULTILINE)


def test_an_open_breaker_is_told_though_nobody_runs(tmp_path: Path, mock_kafka: str) -> None:
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    with root.database(DatabaseSettings(database_url=url)) as engine:
        SqlOpenings(engine, "flooded", HandClock()).open("memory x\n\x1b[2Kall is well", "half")
    group = ["--group-id", "flooded", "--topics", "t", "--database-url", url, "--bootstrap-servers", mock_kafka]
    line = (
        "The breaker is open since 2026-03-01T12:00:00Z: memory x\\n\\x1b[2Kall is well."
        " To go on: memory-consumer resume\n"
    )
    assert line in run.invoke(app, ["status", *group]).stdout
    assert line in run.invoke(app, ["offsets", "show", *group]).stderr
    told = json.loads(run.invoke(app, ["status", "--json", *group]).stdout)["breaker"]
    assert told == {"opened_at": "2026-03-01T12:00:00Z", "why": "memory x\n\x1b[2Kall is well"}


def test_a_remark_is_one_line_whatever_it_quotes(options: list[str]) -> None:
    settings = DatabaseSettings(database_url=options[options.index("--database-url") + 1])
    waiting = Health(live=True, ready=False, waiting_for="memory x\nall is well").as_json()
    with root.operations(settings) as operations:
        told = {**Statistics(HandClock()).snapshot().as_json(), **waiting}
        operations.beat("flooded", "group", datetime.now(UTC), told)
    assert "flooded: waits: memory x\\nall is well\n" in run.invoke(app, ["status", *options]).stdout
