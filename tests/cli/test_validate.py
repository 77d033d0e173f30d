"""`validate`, from the outside."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer.cli import app
from consumer.devstack.sample_events import events
from consumer.memory.json_form import write_event

run = CliRunner()

GOOD = [write_event(event) for event in events(3)]
BAD = GOOD[0].replace('"confidence":', '"confidense":')


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_a_valid_file_is_said_to_be_valid(file: Path) -> None:
    file.write_text("\n".join(GOOD) + "\n\n")
    result = run.invoke(app, ["validate", str(file)])
    assert result.exit_code == 0
    assert result.stdout == "All 3 records are valid.\n"


def test_errors_are_shown_by_line_with_what_to_do(file: Path) -> None:
    file.write_text("\n".join([GOOD[0], "", "{", BAD]))
    result = run.invoke(app, ["validate", str(file)])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert " ".join(lines[0].split()) == "line field what is wrong value expected what to do"
    assert lines[2].split()[0] == "3"
    assert "is not JSON" in lines[2]
    assert lines[3].split()[:2] == ["4", "memory.confidense"]
    assert "Did you mean confidence?" in lines[3]
    assert lines[-1] == "2 of 3 records are invalid, with 2 errors."


def test_json_has_the_counts_and_the_first_errors(file: Path) -> None:
    file.write_text("\n".join([GOOD[0], "{}", BAD]))
    result = run.invoke(app, ["validate", str(file), "--json", "--max-errors", "2"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["records"], told["valid"], told["invalid"], told["error_count"]) == (3, 1, 2, 7)
    assert [(error["line"], error["path"], error["code"]) for error in told["errors"]] == [
        (2, "event_id", "missing"),
        (2, "event_type", "missing"),
    ]
    assert set(told["errors"][0]) == {"line", "path", "message", "value", "expected", "code", "advice"}


def test_errors_that_are_not_shown_are_counted(file: Path) -> None:
    file.write_text("{}\n")
    result = run.invoke(app, ["validate", str(file), "--max-errors", "1"])
    assert "... and 5 more errors" in result.stdout


def test_a_line_that_is_too_long_is_one_error(file: Path) -> None:
    file.write_text("x" * 3_000 + "\n" + GOOD[0])
    result = run.invoke(app, ["validate", str(file), "--max-line-bytes", "2000", "--json"])
    told = json.loads(result.stdout)
    assert [error["code"] for error in told["errors"]] == ["line_too_long"]
    assert told["valid"] == 1


def test_an_empty_file_holds_no_records_and_is_no_error(file: Path) -> None:
    file.write_text("")
    result = run.invoke(app, ["validate", str(file)])
    assert result.exit_code == 0
    assert "holds no records" in result.stdout


def test_a_dash_is_standard_input() -> None:
    result = run.invoke(app, ["validate", "-"], input=GOOD[0] + "\n")
    assert (result.exit_code, result.stdout) == (0, "All 1 records are valid.\n")


@pytest.mark.parametrize("command", [["validate"], ["produce", "--topic", "t"]])
def test_no_file_to_read_is_wrong_usage(command: list[str], tmp_path: Path) -> None:
    missing = run.invoke(app, [*command, str(tmp_path / "nowhere.jsonl")])
    directory = run.invoke(app, [*command, str(tmp_path)])
    assert (missing.exit_code, directory.exit_code) == (2, 2)
    assert "there is no file" in missing.stderr
    assert "is a directory" in " ".join(directory.stderr.replace("│", " ").split())
