"""`memory show`, `search` and `strength`, over a SQLite file with memories that were merged."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from consumer import app as root
from consumer.cli import app
from consumer.memory.model import Memory, MemoryEvent
from consumer.settings.fields import DatabaseSettings
from tests.contracts.clustered import Clustered
from tests.memory.merging.originals import feeling, memory
from tests.stories import NOON, event_id

Ask = Callable[..., Result]

SEA = "One two three four five six seven eight nine: we went to the sea"


def told(number: int, what: Memory) -> MemoryEvent:
    moment = NOON + timedelta(days=number)
    return MemoryEvent(event_id(str(number)), "CREATED", f"m-{number}", moment, "tests", what)


def together(strength: float, content: str) -> Memory:
    return replace(
        memory(content, people=["ann", "bo"]),
        relationship_dynamics={
            "communication_pattern": "open",
            "interaction_quality": "positive",
            "connection_strength": strength,
            "is_balanced": True,
            "concerning_patterns": [],
            "participant_dynamics": [{"participants": ["bo", "ann"], "kind": "supportive"}],
        },
    )


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    with root.database(DatabaseSettings(database_url=url)) as engine:
        Clustered(engine).write(
            [
                told(1, memory(SEA, sources=["s"], feeling=feeling("joy", intensity=0.4), tags=["sea"])),
                told(2, memory(SEA.replace("sea", "shore"), sources=["s"], feeling=feeling("joy", intensity=0.8))),
                told(3, memory("\x1b[31mred\x1b[0m [bold]rain[/]", feeling=feeling("sadness", intensity=0.9))),
                told(4, together(0.2, "They met")),
                told(6, together(0.6, "A long walk in the rain")),
            ]
        )
    return lambda *what: CliRunner().invoke(app, ["memory", *what, "--database-url", url])


def ids(ended: Result) -> list[str]:
    return [row["memory_id"] for row in json.loads(ended.stdout)]


@pytest.mark.parametrize("member", ["m-1", "m-2"])
def test_every_member_shows_what_they_tell_together(ask: Ask, member: str) -> None:
    shown = ask("show", member).stdout
    assert SEA in shown
    assert [line.split()[0] for line in shown.splitlines() if line.startswith("m-")] == ["m-1", "m-2"]
    assert SEA.replace("sea", "shore") in shown
    assert "emotional_context.intensity 0.6\n" in re.sub(" +", " ", shown).replace(" \n", "\n"), (
        "not 0.6000000000000001"
    )
    assert "folded" in shown and "emotional_context" in shown.splitlines()[-1]
    told = json.loads(ask("show", member, "--json").stdout)
    assert [each["memory_id"] for each in told["members"]] == ["m-1", "m-2"]
    assert [each["emotional_context"]["intensity"] for each in told["members"]] == [0.4, 0.8], "as told"
    assert [each["memory_id"] for each in told["history"]] == ["m-2"]


def test_a_quality_is_shown_with_its_components(ask: Ask) -> None:
    told = json.loads(ask("show", "m-4", "--json").stdout)
    assert told["components"] == {"completeness": 0.0, "consistency": 0.8, "confidence": told["confidence"]}
    assert told["quality"] == round(sum(told["components"].values()) / 3, 4)
    (found,) = json.loads(ask("search", "--owner", "ann", "--text", "met", "--json").stdout)
    assert (found["memory_id"], found["components"]) == ("m-4", told["components"])
    assert "components.consistency 0.8\n" in re.sub(" +", " ", ask("show", "m-4").stdout).replace(" \n", "\n")


def test_an_owner_sees_merged_memories_once(ask: Ask) -> None:
    assert ids(ask("show", "--owner", "ann", "--json")) == ["m-6", "m-4", "m-3", "m-1"]
    assert ids(ask("search", "--owner", "ann", "--json")) == ["m-6", "m-4", "m-3", "m-1"]


def test_criteria_are_combined(ask: Ask) -> None:
    assert ids(ask("search", "--emotion", "joy", "--min-intensity", "0.5", "--json")) == ["m-1"], "the mean of both"
    assert ids(ask("search", "--owner", "ann", "--text", "RAIN", "--json")) == ["m-6", "m-3"]
    assert ids(ask("search", "--participant", "ann", "--participant", "bo", "--text", "walk rain", "--json")) == ["m-6"]
    assert ids(ask("search", "--owner", "ann", "--tag", "sea", "--json")) == ["m-1"]
    since, until = ("--since", "2026-03-04T12:00:00Z"), ("--until", "2026-03-05T12:00:00Z")
    assert ids(ask("search", "--owner", "ann", *since, *until, "--json")) == ["m-3"]


def test_a_line_each_and_a_word_where_there_is_more(ask: Ask) -> None:
    ended = ask("search", "--owner", "ann", "--limit", "3")
    lines = ended.stdout.splitlines()[2:]
    assert [line.split()[0] for line in lines] == ["m-6", "m-4", "m-3"]
    assert "sadness 0.90" in lines[2]
    assert r"\x1b[31mred\x1b[0m [bold]rain[/]" in lines[2]
    assert "There are more; these are the newest 3." in ended.stderr
    assert "There are more" not in ask("search", "--owner", "ann", "--limit", "4").stderr
    assert "There are more; this is the newest." in ask("search", "--owner", "ann", "--limit", "1").stderr


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ([], "name an owner, an emotion or a participant"),
        (["--text", "sea"], "name an owner, an emotion or a participant"),
        (["--emotion", "boredom"], "it is one of joy, sadness"),
        (["--emotion", "joy", "--min-intensity", "50"], "an intensity is 0 to 1"),
        (["--owner", "ann", "--since", "yesterday"], "as in 2026-01-31T12:00:00Z"),
        (["--owner", "ann", "--limit", "99999999999999999999"], "10000"),
        (["--owner", "\udcff"], "no text that can be stored"),
        (["--owner", "ann", "--text", "w" * 300], "255 characters"),
    ],
)
def test_what_can_not_be_asked_is_wrong_usage(ask: Ask, what: list[str], said: str) -> None:
    ended = ask("search", *what)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in " ".join(ended.stderr.replace("│", "").split())


def test_nothing_found_is_said_with_1(ask: Ask) -> None:
    ended = ask("search", "--owner", "[/bold]")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "no memory" in ended.stderr
    assert ask("search", "--owner", "eve", "--json").stdout == "[]\n"


def test_two_people_through_time(ask: Ask) -> None:
    ended = ask("strength", "ann", "bo")
    assert ended.exit_code == 0
    assert "Mean 0.40, of 2 memories; rising from 0.20 to 0.60." in ended.stdout
    assert "█" in ended.stdout
    rows = [line.split() for line in ended.stdout.splitlines() if " m-" in line]
    assert rows[0] == ["2026-03-07T12:00:00Z", "0.60", "positive", "supportive", "ann", "m-6"]
    told = json.loads(ask("strength", "bo", "ann", "--owner", "ann", "--json").stdout)
    assert told["mean"] == pytest.approx(0.4)
    assert told["trend"]["change"] == pytest.approx(0.4)
    assert [each["kind"] for each in told["readings"]] == ["supportive"] * 2


def test_two_of_whom_nothing_is_told(ask: Ask) -> None:
    ended = ask("strength", "ann", "[eve]")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "No memory tells how ann and [eve] stand to one another." in ended.stderr
    assert json.loads(ask("strength", "ann", "eve", "--json").stdout)["mean"] is None
    assert ask("strength", "ann", "ann").exit_code == 2
