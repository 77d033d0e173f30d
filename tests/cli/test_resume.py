"""`resume`: an open breaker is closed by hand."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer.adapters.sql.openings import SqlOpenings
from consumer.app import databases
from consumer.cli import app
from consumer.settings.fields import DatabaseSettings
from tests.fakes.clock import HandClock

run = CliRunner()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database in which the breaker of the group `flooded` is open."""
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    with databases.database(DatabaseSettings(database_url=url)) as engine:
        SqlOpenings(engine, "flooded", HandClock()).open("612 of the last 1,000 records", "half")
    return url


def test_it_closes_the_breaker_and_says_what_it_was(url: str) -> None:
    ended = run.invoke(app, ["resume", "--group-id", "flooded", "--database-url", url])
    assert ended.exit_code == 0
    assert "open since 2026-03-01T12:00:00Z" in ended.stderr and "612 of the last 1,000 records" in ended.stderr
    again = run.invoke(app, ["resume", "--group-id", "flooded", "--database-url", url])
    assert again.exit_code == 0
    assert "is not open" in again.stderr


def test_what_events_hold_makes_no_line_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    with databases.database(DatabaseSettings(database_url=url)) as engine:
        SqlOpenings(engine, "flooded", HandClock()).open("memory x\nall is well", "half")
    ended = run.invoke(app, ["resume", "--group-id", "flooded", "--database-url", url])
    assert ended.stderr.endswith(": memory x\\nall is well\n")


def test_as_json(url: str) -> None:
    ended = run.invoke(app, ["resume", "--group-id", "flooded", "--database-url", url, "--json"])
    assert json.loads(ended.stdout) == {
        "group": "flooded",
        "closed": {"opened_at": "2026-03-01T12:00:00Z", "why": "612 of the last 1,000 records"},
    }
    other = run.invoke(app, ["resume", "--group-id", "calm", "--database-url", url, "--json"])
    assert json.loads(other.stdout) == {"group": "calm", "closed": None}
