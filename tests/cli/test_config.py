"""`config`, and with it how every command ends and prints."""

import json
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from consumer.cli import app

run = CliRunner()


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSUMER_CONFIG_FILE", raising=False)
    monkeypatch.setenv("CONSUMER_BATCH_SIZE", "77")


def test_show_prints_each_setting_with_its_source() -> None:
    ended = run.invoke(app, ["config", "show", "--set", "kafka.sasl.password=hidden"])
    assert ended.exit_code == 0
    rows = [line.split() for line in ended.stdout.splitlines()]
    assert ["batch_size", "77", "environment"] in rows
    assert ["batch_max_wait_ms", "500", "default"] in rows
    assert "hidden" not in ended.output


def test_show_as_json() -> None:
    ended = run.invoke(app, ["config", "show", "--json"])
    assert {"name": "batch_size", "value": "77", "source": "environment"} in json.loads(ended.stdout)


def test_check_says_yes_on_stderr_and_nothing_on_stdout() -> None:
    ended = run.invoke(app, ["config", "check"])
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "right" in ended.stderr


def test_wrong_settings_end_with_2_and_advice_and_no_traceback() -> None:
    ended = run.invoke(app, ["config", "check", "--set", "batch_size=many"])
    assert ended.exit_code == 2
    assert ended.stderr.splitlines() == [
        "Error: a setting is wrong: --set batch_size = 'many' (flag): must be a whole number from 1 to 100,000",
        "→ memory-consumer config show lists all settings; docs/configuration.md describes them.",
    ]


def test_the_version() -> None:
    assert run.invoke(app, ["--version"]).stdout.strip() == version("memory-consumer")


def test_an_unknown_option_is_wrong_usage() -> None:
    assert run.invoke(app, ["config", "check", "--nonsense"]).exit_code == 2


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m consumer config reference | head -1"
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "# Settings\n"
    assert ended.stderr == ""
