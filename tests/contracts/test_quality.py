"""How good a memory is stands beside it, on PostgreSQL and on SQLite alike."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from consumer.adapters.sql.memory_reader import MemoryReader
from consumer.memory.model import MemoryEvent
from consumer.memory.quality import assess
from tests.contracts.clustered import Clustered
from tests.contracts.desk import Desk
from tests.stories import event

DOUBTFUL = ["low_confidence", "short_content", "no_tags", "no_themes"]


def event_of(name: str, memory_id: str = "m1", *, minute: int = 0, **fields: Any) -> MemoryEvent:
    told = event(name, memory_id, minute=minute)
    assert told.memory is not None
    return replace(told, memory=replace(told.memory, **fields))


def stored(engine: Engine, memory_id: str = "m1") -> tuple[float | None, list[str] | None]:
    row = MemoryReader(engine).by_id(memory_id)
    assert row is not None
    return row["quality"], row["warnings"]


def test_score_and_warnings_are_stored_and_follow_the_memory(desk: Desk) -> None:
    desk.write([event_of("a", content="hm", confidence=0.25, tags=[])])
    assert stored(desk.engine) == (round((0 + 1 + 0.25) / 3, 4), DOUBTFUL)
    felt: Any = {
        "primary_emotion": "joy",
        "secondary_emotions": [],
        "intensity": 0.5,
        "valence": 0.5,
        "themes": ["growth"],
        "markers": [],
        "temporal": None,
    }
    desk.write([event_of("b", minute=1, confidence=1.0, emotional_context=felt)])
    assert stored(desk.engine) == (1.0, [])
    desk.write([event("gone", deleted=True)])
    assert stored(desk.engine) == (None, None)


def test_a_merged_memory_has_the_quality_of_what_is_seen(engine: Engine) -> None:
    database = Clustered(engine)
    words = "we walked along the river until it rained and talked of the old house"
    told = event_of("a", content=words, confidence=0.25, tags=[])
    again = event_of("b", "m2", minute=1, content=f"{words} and much else", confidence=0.75)
    database.write([told, again])
    assert told.memory is not None and again.memory is not None
    seen = assess(replace(told.memory, tags=again.memory.tags, confidence=0.75))
    assert seen.score > assess(told.memory).score
    assert stored(engine, "m1") == (seen.score, list(seen.warnings))
    own = dict(database.query("SELECT memory_id, quality FROM memories"))
    assert own == {"m1": assess(told.memory).score, "m2": assess(again.memory).score}
