"""What events hold can't pass for a line of ours, nor steer the terminal: in any command that shows it."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer import app as root
from consumer.cli import app
from consumer.memory.model import MemoryEvent
from consumer.records import TopicPartition
from consumer.settings.fields import DatabaseSettings
from tests.contracts.clustered import TEN, Clustered, swapped, told
from tests.memory.merging.originals import feeling

EVIL = "x\nforged\r\n\x1b[31mforged\x85forged\u2028forged\u202e\x07"


def evil(event: MemoryEvent) -> MemoryEvent:
    """The event with as much of it in evil words as may be anybody's."""
    assert event.memory
    pair = [f"p {EVIL}", "ann"]
    memory = replace(
        event.memory,
        owner_id=EVIL,
        tags=[EVIL],
        source_message_ids=[EVIL],
        participants=[{"id": name, "name": EVIL, "role": "other"} for name in pair],
        metadata={EVIL: EVIL},
        emotional_context={**feeling("joy"), "markers": [EVIL]},
        relationship_dynamics={
            "communication_pattern": "open",
            "interaction_quality": "positive",
            "connection_strength": 0.5,
            "is_balanced": True,
            "concerning_patterns": [EVIL],
            "participant_dynamics": [{"participants": pair, "kind": "supportive"}],
        },
    )
    return replace(event, memory_id=f"{event.memory_id} {EVIL}", producer=EVIL, memory=memory)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a merged pair, and one that waits for a person."""
    url = f"sqlite:///{tmp_path / 'memories.db'}"
    with root.database(DatabaseSettings(database_url=url)) as engine:
        Clustered(engine).write(
            [evil(told("a")), evil(told("b", swapped(0), at=1)), evil(told("c", swapped(1, 2, 3), at=2))]
        )
    return url


@pytest.mark.parametrize(
    "command",
    [
        ["memory", "show", f"a {EVIL}"],
        ["memory", "show", "--owner", EVIL],
        ["memory", "search", "--emotion", "joy"],
        ["memory", "strength", f"p {EVIL}", "ann"],
        ["review", "list"],
        ["review", "accept", "1", "--reason", EVIL],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_no_line_is_forged(url: str, command: list[str]) -> None:
    ended = CliRunner().invoke(app, [*command, "--database-url", url])
    assert ended.exit_code == 0, ended.output
    assert "forged" in ended.stdout or not ended.stdout
    decided = CliRunner().invoke(app, ["review", "list", "--decided", "--database-url", url])
    for line in (ended.output + decided.output).splitlines():
        assert not line.lstrip().startswith("forged")
        assert line.isprintable()


def test_a_text_has_its_lines(url: str) -> None:
    with root.database(DatabaseSettings(database_url=url)) as engine:
        Clustered(engine, source=TopicPartition("other", 0)).write([told("d", f"first {TEN}\nsecond", owner="bob")])
    shown = CliRunner().invoke(app, ["memory", "show", "d", "--database-url", url]).stdout
    assert [line.split()[0] for line in shown.splitlines() if line.split()[:1] in (["content"], ["second"])] == [
        "content",
        "second",
    ]
