"""`produce`, against librdkafka's own cluster."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consumer.cli import app
from consumer.devstack.sample_events import events
from consumer.memory.json_form import write_event
from tests.memory.legacy.records import V0

run = CliRunner()

GOOD = [write_event(event) for event in events(5)]
BAD = GOOD[0].replace('"event_type":"CREATED"', '"event_type":"MADE"')


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def produced(file: Path, bootstrap_servers: str, *options: str) -> Any:
    return run.invoke(
        app, ["produce", str(file), "--topic", "produced", "--bootstrap-servers", bootstrap_servers, *options]
    )


def test_every_line_is_published_and_acknowledged(file: Path, mock_kafka: str) -> None:
    file.write_text("\n".join(GOOD))
    result = produced(file, mock_kafka)
    assert result.exit_code == 0
    assert result.stdout == "5 events published to produced and acknowledged.\n"


def test_the_first_invalid_line_is_the_end(file: Path, mock_kafka: str) -> None:
    file.write_text("\n".join([*GOOD[:2], BAD, *GOOD[2:]]))
    result = produced(file, mock_kafka)
    assert result.exit_code == 1
    assert "2 events published" in result.stdout
    assert "CREATED, UPDATED or DELETED" in result.stdout
    assert "nothing from there on was published" in result.stderr


def test_invalid_lines_can_be_left_out(file: Path, mock_kafka: str) -> None:
    file.write_text("\n".join([*GOOD[:2], BAD, "{", *GOOD[2:]]))
    result = produced(file, mock_kafka, "--skip-invalid", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["acknowledged"], told["invalid"], told["failed"]) == (5, 2, 0)
    assert [(error["line"], error["code"]) for error in told["errors"]] == [(3, "unknown_symbol"), (4, "not_json")]


def test_records_of_an_old_form_are_published_as_events(file: Path, mock_kafka: str) -> None:
    file.write_text("\n".join(json.dumps(record) for record in [V0, {"content": ""}, V0]))
    result = produced(file, mock_kafka, "--from", "v0", "--owner", "o-1", "--skip-invalid", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["acknowledged"], told["invalid"]) == (0, 3), "no time is known"
    assert {error["code"] for error in told["errors"]} == {"no_time", "empty"}
    options = ["--from", "v0", "--owner", "o-1", "--occurred-at", "2025-06-01T09:30:00Z", "--skip-invalid"]
    assert "2 events published to produced" in produced(file, mock_kafka, *options).stdout


def test_an_empty_file_publishes_nothing(file: Path, mock_kafka: str) -> None:
    file.write_text("")
    result = produced(file, mock_kafka)
    assert (result.exit_code, result.stdout) == (0, "0 events published to produced and acknowledged.\n")


def test_an_event_that_kafka_does_not_take_is_no_success(
    file: Path, mock_kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSUMER_KAFKA__MESSAGE_MAX_BYTES", "1000")
    file.write_text(GOOD[0].replace("I ", "I " + "very " * 300, 1))
    result = produced(file, mock_kafka)
    assert result.exit_code == 1
    assert "0 events published" in result.stdout
    assert "1 event was not acknowledged" in result.stderr
