"""`review`: pairs are listed and decided."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from consumer import app as root
from consumer.cli import app
from consumer.settings.fields import DatabaseSettings
from tests.contracts.clustered import TEN, Clustered, swapped, told
from tests.memory.merging.originals import feeling


class Desk:
    """A database in which one pair waits, and `review` for it."""

    def __init__(self, url: str) -> None:
        self._url = url
        with root.database(DatabaseSettings(database_url=url)) as engine:
            self.store = Clustered(engine)
            self.store.write([told("a"), told("b", swapped(1, 2, 3), at=1)])

    def review(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["review", *arguments, "--database-url", self._url])

    def listed(self, *arguments: str) -> Any:
        ended = self.review("list", *arguments, "--json")
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(f"sqlite:///{tmp_path / 'memories.db'}")


def test_a_pair_is_shown_with_both_texts(desk: Desk) -> None:
    shown = desk.review("list", "--owner", "ann").stdout
    assert TEN in shown and swapped(1, 2, 3) in shown and "alike" in shown
    (pair,) = desk.listed()
    assert (pair["one"]["memory_id"], pair["one"]["occurred_at"]) == ("a", "2026-03-01T12:00:00Z")
    assert (pair["one"]["content"], pair["one"]["source_message_ids"]) == (TEN, ["s"])
    assert (pair["owner_id"], pair["reason"], pair["decision"]) == ("ann", "alike", None)


def test_the_same_words_are_shown_with_what_tells_them_apart(desk: Desk) -> None:
    felt = feeling("joy")
    desk.store.write([told("c", "twice", owner="bob"), told("d", "twice", owner="bob", sources=["t"], feeling=felt)])
    shown = desk.review("list", "--owner", "bob").stdout
    assert "sources: s" in shown and "sources: t" in shown and "people: p" in shown and "emotion: joy" in shown


def test_nothing_to_show_is_said(desk: Desk) -> None:
    assert "No pair waits" in desk.review("list", "--owner", "bob").stderr
    assert "Nothing was decided" in desk.review("list", "--decided").stderr
    assert desk.listed("--decided") == []


@pytest.mark.parametrize(("command", "decision", "clusters"), [("accept", "accepted", 1), ("reject", "rejected", 2)])
def test_a_decision_is_kept_with_its_author_and_reason(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str, decision: str, clusters: int
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    (pair,) = desk.listed()
    ended = desk.review(command, str(pair["id"]), "--reason", "looked at both")
    assert ended.exit_code == 0 and f"is {decision}" in ended.stderr
    assert desk.listed() == []
    (decided,) = desk.listed("--decided")
    assert (decided["decision"], decided["decided_because"]) == (decision, "looked at both")
    assert decided["decided_by"].startswith("ann@") and decided["decided_at"]
    assert "looked at both" in desk.review("list", "--decided").stdout
    assert desk.store.query("SELECT count(DISTINCT cluster_id) FROM members") == [(clusters,)]


def test_as_json(desk: Desk) -> None:
    (pair,) = desk.listed()
    ended = desk.review("accept", str(pair["id"]), "--json")
    assert json.loads(ended.stdout) == {"pair": pair["id"], "decision": "accepted"}


def test_a_pair_that_is_not_there_fails_with_advice(desk: Desk) -> None:
    ended = desk.review("accept", "4711")
    assert ended.exit_code == 1
    assert "no pair 4711" in ended.stderr and "review list" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--owner", "\udcff"],
        ["list", "--owner", "o" * 300],
        ["accept", "1", "--reason", "\udcff"],
        ["reject", "1", "--reason", "\udcff"],
        ["accept", str(2**63)],
    ],
)
def test_what_no_database_takes_is_wrong_usage(desk: Desk, arguments: list[str]) -> None:
    ended = desk.review(*arguments)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "Invalid value for" in ended.stderr
    assert len(desk.listed()) == 1
