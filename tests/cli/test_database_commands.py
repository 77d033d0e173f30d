"""`db` and `memory`, over a SQLite file with a few memories in it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from consumer import app as root
from consumer.adapters.sql.store import SqlStore
from consumer.cli import app
from consumer.memory.model import Memory, MemoryEvent
from consumer.records import Arrival, Found, KeptPayload, Plan, Record, Rejection, TopicPartition
from consumer.settings.fields import DatabaseSettings
from tests.fakes.clock import HandClock

run = CliRunner()

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PARTITION = TopicPartition("memories", 0)


def event(number: int, owner: str = "ann", content: str = "We went to the sea.") -> MemoryEvent:
    memory = Memory(owner, content, None, [], [], ["sea", "spring"], 0.9, None, {"from": "test"}, None, None)
    return MemoryEvent(UUID(int=number), "CREATED", f"m-{number}", NOON + timedelta(minutes=number), "tests", memory)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    events = [
        event(0),
        event(1, content="A second day, much longer to tell of. " * 5),
        event(2, owner="bob", content="\x1b[31mred\x1b[0m [bold]bold[/]"),
    ]
    records = [Record(PARTITION, at, b"", b"", (), 0) for at in range(len(events))]
    with root.database(DatabaseSettings(database_url=url)) as engine:
        store = SqlStore(engine, "group", HandClock(NOON))
        claims = store.claim({PARTITION: Found(None, None, 0, len(events))})
        plan = Plan(list(map(Arrival, records, events)), [], {PARTITION: len(events)})
        store.write(plan, [], claims, NothingToSettle())
    return url


class NothingToSettle:
    """All events are valid."""

    def bear(self, rejections: Sequence[Rejection]) -> None:
        raise AssertionError(f"{len(rejections)} rejections of valid events")

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        raise AssertionError(f"{len(rejections)} rejections of valid events")


def test_a_memory_by_its_id(url: str) -> None:
    ended = run.invoke(app, ["memory", "show", "m-0", "--database-url", url])
    assert ended.exit_code == 0
    shown = dict(line.strip().split(maxsplit=1) for line in ended.stdout.splitlines() if len(line.split()) > 1)
    assert shown["content"] == "We went to the sea."
    assert shown["occurred_at"] == "2024-05-01T12:00:00Z"
    assert shown["tags"] == "sea, spring"
    assert shown["metadata.from"] == "test"
    assert shown["quality"] == "0.8556"
    assert shown["warnings"] == "no_themes"
    assert "summary" not in shown


def test_what_somebody_wrote_does_not_steer_the_terminal(url: str) -> None:
    shown = run.invoke(app, ["memory", "show", "m-2", "--database-url", url]).stdout
    assert r"\x1b[31mred\x1b[0m [bold]bold[/]" in shown


@pytest.mark.parametrize("what", [["[/bold]"], ["--owner", "[/bold]"]])
def test_what_was_asked_for_is_shown_as_it_was_written(url: str, what: list[str]) -> None:
    ended = run.invoke(app, ["memory", "show", *what, "--database-url", url])
    assert ended.exit_code == 1
    assert "[/bold]." in ended.stderr


def test_a_memory_as_json(url: str) -> None:
    memory = json.loads(run.invoke(app, ["memory", "show", "m-0", "--json", "--database-url", url]).stdout)
    assert (memory["memory_id"], memory["occurred_at"]) == ("m-0", "2024-05-01T12:00:00Z")
    assert memory["tags"] == ["sea", "spring"]


def test_an_owners_memories_newest_first_and_shortened(url: str) -> None:
    ended = run.invoke(app, ["memory", "show", "--owner", "ann", "--database-url", url])
    lines = ended.stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["m-1", "m-0"]
    assert lines[2].rstrip().endswith("…")
    limited = run.invoke(app, ["memory", "show", "--owner", "ann", "--limit", "1", "--json", "--database-url", url])
    assert [memory["memory_id"] for memory in json.loads(limited.stdout)] == ["m-1"]


@pytest.mark.parametrize("what", [["m-9"], ["--owner", "eve"]])
def test_what_is_not_there_is_said_so_with_1(url: str, what: list[str]) -> None:
    ended = run.invoke(app, ["memory", "show", *what, "--database-url", url])
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "There is no memory" in ended.stderr


@pytest.mark.parametrize("what", [[], ["m-0", "--owner", "ann"]])
def test_neither_or_both_is_wrong_usage(url: str, what: list[str]) -> None:
    assert run.invoke(app, ["memory", "show", *what, "--database-url", url]).exit_code == 2


@pytest.mark.parametrize("command", [["memory", "show", "m-0"], ["db", "current"], ["db", "prune"]])
def test_looking_makes_no_database(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "none.db"
    ended = run.invoke(app, [*command, "--database-url", f"sqlite:///{file}"])
    assert ended.exit_code == 1
    assert f"there is no database file {file}" in ended.stderr
    assert not file.exists()


def test_tables_of_another_version_are_named_with_the_command_that_helps(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    (tmp_path / "empty.db").touch()
    asked = run.invoke(app, ["db", "current", "--json", "--database-url", url])
    assert asked.exit_code == 1
    assert json.loads(asked.stdout)["version"] is None
    refused = run.invoke(app, ["memory", "show", "m-0", "--database-url", url])
    assert refused.exit_code == 1
    assert "memory-consumer db upgrade" in refused.stderr


def test_upgrade_brings_the_tables_up_to_date_and_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    first = json.loads(run.invoke(app, ["db", "upgrade", "--json", "--database-url", url]).stdout)
    assert first["before"] is None
    again = json.loads(run.invoke(app, ["db", "upgrade", "--json", "--database-url", url]).stdout)
    assert again == {"before": first["after"], "after": first["after"]}
    assert run.invoke(app, ["db", "current", "--database-url", url]).stdout.strip() == first["after"]


def test_prune_forgets_event_ids_of_that_age_and_no_memory(url: str) -> None:
    age = (datetime.now(UTC) - NOON).days
    kept = run.invoke(app, ["db", "prune", "--older-than-days", str(age + 1), "--json", "--database-url", url])
    assert json.loads(kept.stdout)["forgotten"] == 0
    forgotten = run.invoke(app, ["db", "prune", "--older-than-days", str(age - 1), "--json", "--database-url", url])
    assert json.loads(forgotten.stdout) == {"forgotten": 3, "older_than_days": age - 1, "consumers": 0, "batches": 0}
    assert run.invoke(app, ["memory", "show", "m-0", "--database-url", url]).exit_code == 0


def test_prune_forgets_consumers_that_died_long_ago(url: str) -> None:
    now = datetime.now(UTC)
    with root.operations(DatabaseSettings(database_url=url)) as operations:
        for name, days in (("long-dead", 8), ("dead", 6), ("alive", 0)):
            operations.beat(name, "group", now - timedelta(days=days), {})
        pruned = run.invoke(app, ["db", "prune", "--json", "--database-url", url])
        assert json.loads(pruned.stdout)["consumers"] == 1
        left = operations.consumers("group", since=now - timedelta(days=30))
        assert {each.consumer_id for each in left} == {"dead", "alive"}


@pytest.mark.parametrize("option", [["--older-than-days", "3651"], ["--set", "ledger_retention_days=3651"]])
def test_an_age_beyond_ten_years_is_wrong_usage_however_it_is_given(url: str, option: list[str]) -> None:
    assert run.invoke(app, ["db", "prune", *option, "--database-url", url]).exit_code == 2


def test_a_database_that_is_away_is_one_sentence() -> None:
    ended = run.invoke(app, ["db", "upgrade", "--database-url", "postgresql://me:hidden@127.0.0.1:1/memories"])
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: ")
    assert "Traceback" not in ended.stderr
    assert "hidden" not in ended.stderr
    assert "may pass by itself" not in ended.stderr
    assert "host, port, user, password and database in CONSUMER_DATABASE_URL" in ended.stderr


def test_a_directory_that_is_not_there_is_not_said_to_pass(tmp_path: Path) -> None:
    ended = run.invoke(app, ["db", "upgrade", "--database-url", f"sqlite:///{tmp_path}/none/memories.db"])
    assert ended.exit_code == 1
    assert "may pass by itself" not in ended.stderr
    assert "Is there such a directory" in ended.stderr
