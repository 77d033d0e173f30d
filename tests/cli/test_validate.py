"""`validate`, from the outside."""

import json
from pathlib import Path
from typing import Any

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
    assert result.stdout.splitlines()[-1].startswith("All 3 records are valid. Mean quality 0.")


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
    assert lines[-1].startswith("2 of 3 records are invalid, with 2 errors.")


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


def told(name: str, **fields: Any) -> str:
    """A line with a memory of that id; of its fields, only these."""
    memory = {"owner_id": "o", "content": "We went to the sea.", "tags": ["sea"], "confidence": 1.0, **fields}
    memory.setdefault("emotional_context", {"themes": ["growth"]})
    return json.dumps(json.loads(GOOD[0]) | {"memory_id": name, "memory": memory})


DELETED = json.dumps(json.loads(GOOD[0]) | {"event_type": "DELETED", "memory": None})


def test_what_is_doubtful_is_told_with_the_quality_and_is_no_error(file: Path) -> None:
    file.write_text("\n".join([told("m1"), "", told("m2", tags=[], confidence=0.25), DELETED, told("m3", tags=[])]))
    result = run.invoke(app, ["validate", str(file)])
    assert result.exit_code == 0
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert rows[2] == "no_tags 2 memory.tags is empty Tag the memory, so that it is found."
    assert rows[3].startswith("low_confidence 1 memory.confidence is below 0.5")
    assert rows[-3:-1] == [
        "3 m2 0.64 0.67 1.00 0.25 low_confidence, no_tags",
        "5 m3 0.89 0.67 1.00 1.00 no_tags",
    ]
    assert rows[-5] == "line memory quality completeness consistency confidence warnings"
    assert rows[-1] == "All 4 records are valid. Mean quality 0.84; 2 with warnings."


def test_a_narrow_terminal_has_no_components_in_the_table(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setattr("consumer.cli.output.UNWRAPPED", 60)
    file.write_text(told("m2", tags=[], confidence=0.25))
    rows = [" ".join(line.split()) for line in run.invoke(app, ["validate", str(file)]).stdout.splitlines()]
    assert "line memory quality warnings" in rows
    assert "1 m2 0.64 low_confidence, no_tags" in rows


def test_json_has_every_record_s_quality_and_warnings(file: Path) -> None:
    file.write_text("\n".join([told("m1"), DELETED, told("m2", tags=[], confidence=0.25), "{}"]))
    result = run.invoke(app, ["validate", str(file), "--json"])
    told_of = json.loads(result.stdout)
    assert told_of["assessed"] == [
        {
            "line": 1,
            "memory_id": "m1",
            "quality": 1.0,
            "components": {"completeness": 1.0, "consistency": 1.0, "confidence": 1.0},
            "warnings": [],
        },
        {
            "line": 3,
            "memory_id": "m2",
            "quality": 0.6389,
            "components": {"completeness": 1 - 1 / 3, "consistency": 1.0, "confidence": 0.25},
            "warnings": ["low_confidence", "no_tags"],
        },
    ]
    assert told_of["quality"] == 0.8195
    assert [(each["code"], each["path"], each["records"]) for each in told_of["warnings"]] == [
        ("low_confidence", "memory.confidence", 1),
        ("no_tags", "memory.tags", 1),
    ]
    assert set(told_of["warnings"][0]) == {"path", "message", "code", "advice", "records"}


def test_records_that_are_not_shown_are_counted(file: Path) -> None:
    file.write_text("\n".join([told("m1"), told("m2", tags=[]), told("m3", tags=[]), told("m4", tags=[])]))
    result = run.invoke(app, ["validate", str(file), "--max-records", "1"])
    assert "m2" in result.stdout
    assert "m3" not in result.stdout
    assert "... and 2 more records with warnings" in result.stdout


def test_a_file_of_deletions_has_no_quality(file: Path) -> None:
    file.write_text(DELETED)
    assert run.invoke(app, ["validate", str(file)]).stdout == "The record is valid.\n"
    assert json.loads(run.invoke(app, ["validate", str(file), "--json"]).stdout)["quality"] is None


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
    assert (result.exit_code, result.stdout.splitlines()[-1][:20]) == (0, "The record is valid.")


@pytest.mark.parametrize("command", [["validate"], ["produce", "--topic", "t"]])
def test_no_file_to_read_is_wrong_usage(command: list[str], tmp_path: Path) -> None:
    missing = run.invoke(app, [*command, str(tmp_path / "nowhere.jsonl")])
    directory = run.invoke(app, [*command, str(tmp_path)])
    assert (missing.exit_code, directory.exit_code) == (2, 2)
    assert "there is no file" in missing.stderr
    assert "is a directory" in " ".join(directory.stderr.replace("│", " ").split())


def test_of_one_it_speaks_in_the_singular(file: Path) -> None:
    file.write_text("\n".join([BAD, told("m1", tags=[]), told("m2", tags=[])]))
    assert "\n1 of 3 records is invalid, with 1 error." in run.invoke(app, ["validate", str(file)]).stdout
    shown = run.invoke(app, ["validate", str(file), "--max-records", "1"]).stdout
    assert "... and 1 more record with warnings" in shown
