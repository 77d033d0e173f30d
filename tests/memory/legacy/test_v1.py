"""MemoryV1, rule by rule."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from consumer.memory.legacy import FORMS, Converted, Known, to_current, to_old
from consumer.memory.quality import warnings_of
from tests.memory.legacy.records import KNOWN, V1, converted, line, memory_of, refused

MOODS = {
    "happy": "joy",
    "sad": "sadness",
    "angry": "anger",
    "scared": "fear",
    "surprised": "surprise",
    "disgusted": "disgust",
    "excited": "excitement",
    "anxious": "anxiety",
    "calm": "contentment",
    "frustrated": "frustration",
    "loving": "love",
    "trusting": "trust",
    "  HAPPY ": "joy",
    "anticipation": "anticipation",
    "bored": "neutral",
    "": "neutral",
}


def test_every_field_finds_its_place() -> None:
    event, memory = converted("v1", V1), memory_of("v1", V1)
    assert (event.memory_id, event.occurred_at) == ("m-1", datetime(2025, 6, 1, 9, 30, tzinfo=UTC))
    assert (memory.content, memory.tags, memory.confidence) == ("We went to the sea.", ["sea", "summer"], 0.5)
    assert [(person["id"], person["role"]) for person in memory.participants] == [
        ("ann", "self"),
        ("bob", "other"),
        ("carl", "other"),
    ]
    assert memory.emotional_context is not None
    assert memory.emotional_context["primary_emotion"] == "joy"
    assert (memory.emotional_context["valence"], memory.emotional_context["intensity"]) == (-0.4, 0.4)
    assert memory.metadata["channel"] == "chat"


@pytest.mark.parametrize(("mood", "emotion"), MOODS.items())
def test_a_mood_is_an_emotion(mood: str, emotion: str) -> None:
    context = memory_of("v1", {**V1, "mood": mood}).emotional_context
    assert context is not None
    assert context["primary_emotion"] == emotion


def test_the_sender_owns_the_memory_where_no_other_owner_is_known() -> None:
    assert memory_of("v1", V1, Known()).owner_id == "ann"
    assert memory_of("v1", V1, KNOWN).owner_id == "o-1"


def test_what_is_not_there_is_not_made_up() -> None:
    memory = memory_of("v1", {"id": 5, "text": "a", "date": "2025-06-01T09:30:00Z"})
    assert (memory.participants, memory.tags, memory.emotional_context) == ([], [], None)


@pytest.mark.parametrize("recipients", [["ann", "bob", "carl"], ["bob", "ann", "bob", "carl", "ann"]])
def test_nobody_takes_part_twice_and_the_sender_stays_self(recipients: list[str]) -> None:
    record = {**V1, "recipients": recipients}
    memory = memory_of("v1", record)
    assert memory.participants == memory_of("v1", V1).participants
    assert "repeated_participant" not in warnings_of(memory)
    event = converted("v1", record)
    assert event.memory is not None
    assert to_old(FORMS["v1"], event, KNOWN) == record
    event.memory.content = "We went home."
    assert to_old(FORMS["v1"], event, KNOWN) == {**record, "text": "We went home."}
    event.memory.participants.pop()
    assert to_old(FORMS["v1"], event, KNOWN) == {**record, "text": "We went home.", "recipients": ["bob"]}


@pytest.mark.parametrize("wrong", [" ", "x" * 256])
def test_a_wrong_name_is_told_wherever_it_stands(wrong: str) -> None:
    errors = refused("v1", {**V1, "sender": wrong, "recipients": [wrong, "bob", "bob", wrong]})
    assert {error.path for error in errors} == {"sender", "recipients[0]", "recipients[3]"}


def test_the_migration_record_says_what_became_of_what() -> None:
    record = {**V1, "mood": "meh", "date": "2025-06-01 09:30:00", "colour": "red"}
    migration = json.loads(memory_of("v1", record).metadata["legacy.migration"])
    assert (migration["from"], migration["to"]) == ("v1", "event-1")
    assert {"text -> memory.content", "sentiment -> memory.emotional_context.intensity"} <= set(migration["changes"])
    assert "default -> memory.confidence" in migration["changes"]
    codes = [(warning["code"], warning["path"]) for warning in migration["warnings"]]
    assert codes == [("no_zone", "date"), ("unknown_mood", "mood"), ("unknown_field", "colour")]
    result = to_current(FORMS["v1"], line(record))
    assert isinstance(result, Converted)
    assert [(remark.code, remark.path) for remark in result.remarks] == codes


def test_an_unknown_field_is_kept() -> None:
    noted = memory_of("v1", {**V1, "colour": "red"}).metadata
    assert json.loads(noted["legacy.original"]) == {"values": {"colour": "red"}}


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2025-06-01", datetime(2025, 6, 1, tzinfo=UTC)),
        ("2025-06-01T09:30", datetime(2025, 6, 1, 9, 30, tzinfo=UTC)),
        ("2025-06-01 09:30:00.25+02", datetime(2025, 6, 1, 7, 30, 0, 250_000, tzinfo=UTC)),
        ("2025-06-01T09:30:00-0130", datetime(2025, 6, 1, 11, tzinfo=UTC)),
    ],
)
def test_a_date_may_be_written_as_old_systems_do(date: str, moment: datetime) -> None:
    assert converted("v1", {**V1, "date": date}).occurred_at == moment


def test_a_repetition_is_known_by_its_event_id_and_another_record_is_another_event() -> None:
    first = converted("v1", V1)
    assert first.event_id == converted("v1", dict(V1)).event_id
    assert first.event_id != converted("v1", {**V1, "text": "We went home."}).event_id


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"id": None}, "id", "missing"),
        ({"text": ""}, "text", "empty"),
        ({"date": "yesterday"}, "date", "not_a_moment"),
        ({"date": "2025-02-30"}, "date", "not_a_moment"),
        ({"date": 1_700_000_000}, "date", "not_a_moment"),
        ({"date": "0001-01-01T00:00:00+14:00"}, "date", "out_of_calendar"),
        ({"sender": " "}, "sender", "blank"),
        ({"sender": 5}, "sender", "wrong_type"),
        ({"recipients": ["bob", ""]}, "recipients[1]", "empty"),
        ({"recipients": ["bob", 5]}, "recipients[1]", "wrong_type"),
        ({"recipients": [f"r{number}" for number in range(50)]}, "recipients", "too_many_items"),
        ({"mood": ["happy"]}, "mood", "wrong_type"),
        ({"sentiment": -1.01}, "sentiment", "out_of_range"),
        ({"sentiment": 2}, "sentiment", "out_of_range"),
        ({"sentiment": float("nan")}, "sentiment", "not_finite"),
        ({"categories": ["a"] * 21}, "categories", "too_many_items"),
        ({"categories": ["a" * 51]}, "categories[0]", "too_long"),
        ({"metadata": {"legacy.filled": "x"}}, 'metadata["legacy.filled"]', "reserved_name"),
        ({"metadata": {"a": "\ud800"}}, "metadata.a", "not_unicode"),
    ],
)
def test_what_is_wrong_is_told_by_the_records_own_paths(changes: Any, path: str, code: str) -> None:
    assert [(error.path, error.code) for error in refused("v1", {**V1, **changes}, Known())] == [(path, code)]


def test_a_moment_of_another_year_in_utc_is_told_as_it_came() -> None:
    (error,) = refused("v1", {**V1, "date": "9999-12-31T23:59:59-14:00"})
    assert (error.code, error.value) == ("out_of_calendar", '"9999-12-31T23:59:59-14:00"')
    assert "microseconds" not in error.advice


def test_everything_wrong_is_told_at_once() -> None:
    wrong = {**V1, "text": 5, "date": "?", "recipients": ["", 5], "sentiment": 3}
    assert sorted(error.path for error in refused("v1", wrong)) == [
        "date",
        "recipients[0]",
        "recipients[1]",
        "sentiment",
        "text",
    ]
