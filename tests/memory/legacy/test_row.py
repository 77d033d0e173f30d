"""The row form, rule by rule."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consumer.memory.legacy import Known
from tests.memory.legacy.records import ROW, converted, memory_of, refused


def test_every_column_finds_its_place() -> None:
    event, memory = converted("row", ROW, Known()), memory_of("row", ROW, Known())
    assert (event.memory_id, memory.owner_id) == ("7", "o-1")
    assert event.occurred_at == datetime(2025, 6, 1, 9, 30, tzinfo=UTC)
    assert (memory.content, memory.summary, memory.confidence) == ("We went to the sea.", "A day at the sea", 0.8)
    assert memory.extracted_at == datetime(2025, 6, 2, tzinfo=UTC)
    assert (memory.source_message_ids, memory.tags) == (["msg-2", "msg-1"], ["sea"])
    assert memory.participants == [
        {"id": "p1", "name": "Ann", "role": "friend"},
        {"id": "p2", "name": None, "role": "self"},
    ]
    assert memory.emotional_context is not None
    assert memory.emotional_context["primary_emotion"] == "joy"
    assert (memory.emotional_context["intensity"], memory.emotional_context["valence"]) == (0.3, 0.5)
    assert memory.emotional_context["themes"] == ["connection"]
    assert memory.relationship_dynamics is not None
    assert memory.relationship_dynamics["participant_dynamics"][0]["participants"] == ["p1", "p2"]
    assert (memory.metadata["channel"], memory.metadata["n"]) == ("chat", "5")


def test_a_zero_is_a_zero() -> None:
    memory = memory_of("row", {**ROW, "confidence": 0, "intensity": 0})
    assert memory.emotional_context is not None
    assert (memory.confidence, memory.emotional_context["intensity"]) == (0.0, 0.0)


def test_a_zero_is_among_what_is_expected() -> None:
    (error,) = refused("row", {**ROW, "confidence": 7.5})
    assert error.expected == "a whole number from 0 to 10"


def test_what_is_not_there_is_not_made_up() -> None:
    bare = {name: ROW[name] for name in ("id", "ownerId", "occurredAt", "content")}
    memory = memory_of("row", {**bare, "participants": "null"})
    assert (memory.participants, memory.emotional_context, memory.relationship_dynamics) == ([], None, None)


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"id": None}, "id", "missing"),
        ({"content": None}, "content", "missing"),
        ({"ownerId": None}, "ownerId", "no_owner"),
        ({"occurredAt": None}, "occurredAt", "no_time"),
        ({"confidence": 7.5}, "confidence", "wrong_type"),
        ({"confidence": 11}, "confidence", "out_of_range"),
        ({"confidence": 10**400}, "confidence", "out_of_range"),
        ({"intensity": "3"}, "intensity", "wrong_type"),
        ({"primaryMood": 5}, "primaryMood", "wrong_type"),
        ({"participants": "[{"}, "participants", "not_json"),
        ({"participants": [{"id": "p1"}]}, "participants", "wrong_type"),
        ({"relationshipDynamics": None, "participants": '[{"id": ""}]'}, "participants[0].id", "empty"),
        ({"relationshipDynamics": None, "participants": "[{}]"}, "participants[0].id", "missing"),
        ({"tags": '"sea"'}, "tags", "wrong_type"),
        ({"tags": '{"a": 1, "a": 2}'}, "tags", "not_json"),
        ({"emotionalContext": '{"valence": 2}'}, "emotionalContext.valence", "out_of_range"),
        ({"emotionalContext": '{"intensity": 0.5}'}, "emotionalContext.intensity", "unknown_field"),
        ({"emotionalContext": '{"valence": NaN}'}, "emotionalContext.valence", "not_finite"),
        ({"metadata": "[" * 100_000}, "metadata", "not_json"),
        ({"metadata": '{"legacy.filled": 1}'}, 'metadata["legacy.filled"]', "reserved_name"),
    ],
)
def test_what_is_wrong_is_told_by_the_rows_own_columns(changes: Any, path: str, code: str) -> None:
    assert [(error.path, error.code) for error in refused("row", {**ROW, **changes}, Known())] == [(path, code)]
