"""`transform`, from the outside."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consumer.cli import app
from consumer.cli.legacy import OldForm
from consumer.memory.json_form import read_event
from consumer.memory.legacy import FORMS
from consumer.memory.model import MemoryEvent
from tests.memory.legacy.records import ROW, V0, V1

run = CliRunner()

BAD = {"id": "m-2", "text": "", "date": "soon", "sentiment": 5}
ODD = {**V1, "id": "m-3", "mood": "meh", "date": "2025-06-01", "colour": "red"}
GIVEN = ["--owner", "o-1", "--occurred-at", "2025-06-01T09:30:00Z"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "old.jsonl"


def write(file: Path, *records: Any) -> None:
    file.write_text("\n".join(json.dumps(record) for record in records) + "\n")


def transformed(file: Path, *options: str, stdin: str = "") -> Any:
    return run.invoke(app, ["transform", str(file), *options], input=stdin)


def test_the_names_of_the_forms_are_those_that_there_are() -> None:
    assert set(OldForm) == set(FORMS)


@pytest.mark.parametrize(("form", "record", "options"), [("v0", V0, GIVEN), ("v1", V1, []), ("row", ROW, [])])
def test_a_file_of_old_records_becomes_valid_events_and_comes_back(
    file: Path, tmp_path: Path, form: str, record: dict[str, Any], options: list[str]
) -> None:
    write(file, record, record)
    events, old = tmp_path / "events.jsonl", tmp_path / "again.jsonl"
    there = transformed(file, "--from", form, "--out", str(events), *options)
    assert (there.exit_code, there.stdout) == (0, "2 records converted.\n")
    assert all(isinstance(read_event(line), MemoryEvent) for line in events.read_bytes().splitlines())
    back = transformed(events, "--to", form, "--out", str(old), *options)
    assert (back.exit_code, back.stdout) == (0, "2 records converted.\n")
    assert [json.loads(line) for line in old.read_text().splitlines()] == [record, record]


def test_events_go_to_stdout_and_what_is_said_of_them_to_stderr(file: Path) -> None:
    write(file, V1, ODD)
    result = transformed(file, "--from", "v1")
    assert result.exit_code == 0
    assert [json.loads(line)["memory_id"] for line in result.stdout.splitlines()] == ["m-1", "m-3"]
    assert "2 records converted." in result.stderr
    assert "Warnings: no_zone 1, unknown_field 1, unknown_mood 1." in result.stderr


def test_twice_is_the_same(file: Path) -> None:
    write(file, V1, ODD)
    assert transformed(file, "--from", "v1").stdout == transformed(file, "--from", "v1").stdout


def test_the_first_refused_line_is_the_end(file: Path) -> None:
    write(file, V1, BAD, ODD)
    result = transformed(file, "--from", "v1")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1
    assert "1 record converted, 1 refused, with 4 errors." in result.stderr
    assert "--skip-invalid" in result.stderr


def test_refused_lines_can_be_left_out_and_are_told_with_their_fields(file: Path, tmp_path: Path) -> None:
    write(file, V1, BAD, ODD)
    options = ["--skip-invalid", "--out", str(tmp_path / "events.jsonl"), "--json"]
    result = transformed(file, "--from", "v1", *options)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["records"], told["converted"], told["refused"], told["error_count"]) == (3, 2, 1, 4)
    assert told["warnings"] == {"no_zone": 1, "unknown_field": 1, "unknown_mood": 1}
    assert [(error["line"], error["path"], error["code"]) for error in told["errors"]] == [
        (2, "date", "not_a_moment"),
        (2, "sentiment", "out_of_range"),
        (2, "sender", "no_owner"),
        (2, "text", "empty"),
    ]


def test_without_an_owner_or_a_time_it_is_asked_for(file: Path) -> None:
    write(file, V0)
    result = transformed(file, "--from", "v0")
    assert result.exit_code == 1
    assert "--owner" in result.stderr
    assert "--occurred-at" in result.stderr


def test_what_would_be_lost_is_not_converted_back(file: Path, tmp_path: Path) -> None:
    write(file, ROW)
    events = tmp_path / "events.jsonl"
    transformed(file, "--from", "row", "--out", str(events))
    result = transformed(events, "--to", "v1", "--owner", "o-1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "memory.relationship_dynamics" in result.stderr
    assert "would be lost" in result.stderr


def test_standard_input_is_read() -> None:
    result = transformed(Path("-"), "--from", "v1", stdin=json.dumps(V1))
    assert result.exit_code == 0
    assert isinstance(read_event(result.stdout.encode()), MemoryEvent)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--from", "v1", "--to", "v1"],
        ["--from", "v2"],
        ["--from", "v1", "--occurred-at", "soon"],
        ["--from", "v1", "--out", "old.jsonl"],
        ["--from", "v1", "--out", "nowhere/events.jsonl"],
    ],
)
def test_wrong_usage_writes_nothing(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(file, V1)
    result = transformed(file, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert json.loads(file.read_text()) == V1
