"""`demo` as a program: real processes, librdkafka's own cluster, SQLite."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from consumer.cli.demo.performance import embedded_stack
from tests.cli.demo.samples import GOOD


def demo(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CONSUMER_")}
    return subprocess.run(
        [sys.executable, "-m", "consumer", "demo", *arguments],
        cwd=directory,
        env={**environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def result(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told


def shown_by(command: str, directory: Path) -> str:
    """What a line that was printed for people shows when it is pasted."""
    shown = subprocess.run(command, shell=True, cwd=directory, capture_output=True, text=True, timeout=120)  # noqa: S602
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def test_every_made_up_event_is_accounted_for_and_the_next_step_works(tmp_path: Path) -> None:
    ended = demo(tmp_path, "--events", "700", CONSUMER_BATCH_SIZE="50", CONSUMER_DATABASE_URL="sqlite:///other.db")
    assert ended.returncode == 0, ended.stderr
    assert "✔ 700 published = " in ended.stdout
    assert [file.name for file in tmp_path.glob("*.db")] == ["memory-consumer-demo.db"]
    (command,) = [line for line in ended.stdout.splitlines() if " memory show m-" in line]
    assert "owner-" in shown_by(command, tmp_path)


def test_in_the_mode_that_finds_what_is_alike_there_is_something_to_be_found(tmp_path: Path) -> None:
    ended = demo(tmp_path, "--events", "2000", CONSUMER_MODE="memory+dedup")
    assert ended.returncode == 0, ended.stderr
    for outcome in ("same_content", "folded_in", "nearly_same"):
        assert outcome in ended.stdout
    *_, merged, _, review, _ = ended.stdout.splitlines()
    for command, says in ((merged, "joined as"), (review, "alike")):
        assert says in shown_by(command, tmp_path)


def test_every_line_of_a_file_ends_somewhere(tmp_path: Path) -> None:
    second = {**GOOD, "event_id": "6fa459ea-ee8a-3ca4-894e-db77e160355e", "memory_id": "m-2"}
    lines = [
        json.dumps(GOOD),
        json.dumps(GOOD),
        "",
        json.dumps({**second, "memory": {"owner_id": "ann", "content": ""}}),
        json.dumps({**second, "producer": 7}),
        "not even JSON",
        json.dumps(second),
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    told = result(demo(tmp_path, "--input", "events.jsonl", "--json"))
    assert told.pop("seconds") > 0
    assert told.pop("events_per_second") > 0
    assert told.pop("effects")["duplicate_rate"] == round(1 / 6, 4)
    assert told == {
        "published": 6,
        "stored": 2,
        "merged": 0,
        "duplicates": 1,
        "dead_lettered": 3,
        "by_category": {"created": 2, "same_event": 1, "validation": 3},
    }


def test_nothing_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    told = result(demo(tmp_path, "--input", "empty.jsonl", "--json"))
    assert (told["published"], told["by_category"], told["events_per_second"]) == (0, {}, 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--input", "missing.jsonl"], "does not exist"),
        (["--input", "."], "is a directory"),
        (["--input", "x.jsonl", "--events", "5"], "either --input or --events"),
        (["--events", "many"], "integer"),
        (["--input", "/dev/null"], "not a regular file"),
        (["--events", "5", "--database", "nowhere/x.db"], "there is no directory"),
    ],
)
def test_wrong_usage_is_said_plainly(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "x.jsonl").touch()
    ended = demo(tmp_path, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in " ".join(ended.stderr.replace("│", " ").split())
    assert "Traceback" not in ended.stderr


def test_without_redis_it_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumer.devstack.redis._servers", lambda: iter(()))
    with embedded_stack() as stack:
        assert stack.redis_url is None
        assert stack.filter_words.startswith("without the Bloom filter: there is no redis-server")


def test_a_wrong_setting_is_refused_as_by_run(tmp_path: Path) -> None:
    ended = demo(tmp_path, "--events", "5", CONSUMER_MODE="guess")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "CONSUMER_MODE" in ended.stderr
