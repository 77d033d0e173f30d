"""The JSON form of an event: what is read, what is refused, and that it comes out as it went in."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from consumer.memory.json_form import read_event, read_raw, write_event
from consumer.memory.model import MemoryEvent
from consumer.memory.validation import validate
from tests.memory.samples import full, memory_events

SMALLEST: dict[str, Any] = {
    "event_id": "5f3c4d9e-8b1a-4c7d-9e2f-0a1b2c3d4e5f",
    "event_type": "CREATED",
    "memory_id": "m-1",
    "occurred_at": "2025-06-01T09:30:00Z",
    "producer": "diary",
    "memory": {"owner_id": "o-1", "content": "We went to the sea."},
}


def line(**changes: Any) -> bytes:
    return json.dumps({**SMALLEST, **changes}).encode()


def with_memory(**changes: Any) -> bytes:
    return line(memory={**SMALLEST["memory"], **changes})


def faults(text: bytes) -> list[tuple[str, str]]:
    read = read_event(text)
    return [(error.path, error.code) for error in read] if isinstance(read, tuple) else []


@given(memory_events())
@settings(max_examples=150)
def test_an_event_comes_out_of_json_as_it_went_in(event: MemoryEvent) -> None:
    assert read_event(write_event(event).encode()) == event


def test_a_field_left_out_takes_the_default_of_the_schema() -> None:
    event = read_event(with_memory(participants=[{"id": "p1"}], emotional_context={}, relationship_dynamics={}))
    assert isinstance(event, MemoryEvent)
    assert event.memory is not None
    assert event.memory.participants == [{"id": "p1", "name": None, "role": "other"}]
    assert event.memory.confidence == 0.5
    assert (event.memory.tags, event.memory.metadata, event.memory.source_message_ids) == ([], {}, [])
    assert event.memory.emotional_context == {
        "primary_emotion": "neutral",
        "secondary_emotions": [],
        "intensity": 0.5,
        "valence": 0.0,
        "themes": [],
        "markers": [],
        "temporal": None,
    }
    assert event.memory.relationship_dynamics == {
        "communication_pattern": "open",
        "interaction_quality": "neutral",
        "connection_strength": 0.5,
        "is_balanced": True,
        "concerning_patterns": [],
        "participant_dynamics": [],
    }


def test_defaults_are_not_shared_between_events() -> None:
    first, second = read_raw(line()), read_raw(line())
    assert isinstance(first, dict)
    first["memory"]["tags"].append("mine")
    assert isinstance(second, dict)
    assert second["memory"]["tags"] == []


def test_an_event_is_written_on_one_line_with_moments_in_utc() -> None:
    event = validate(full())
    assert isinstance(event, MemoryEvent)
    written = write_event(event)
    assert "\n" not in written
    assert '"occurred_at":"2025-01-01T00:00:00.250000Z"' in written
    assert '"extracted_at":"2025-01-01T00:01:40Z"' in written


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        (b"", "", "not_json"),
        (b"{", "", "not_json"),
        (b"{} {}", "", "not_json"),
        (b"event_id=1", "", "not_json"),
        (b"[" * 100_000, "", "not_json"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "", "not_json"),
        (b'{"a": "\xff"}', "", "invalid_utf8"),
        (b'{"memory": {"content": "a", "content": "b"}}', "content", "duplicate_key"),
        (b"[]", "", "wrong_type"),
        (b'"text"', "", "wrong_type"),
        (b"null", "", "wrong_type"),
    ],
)
def test_a_line_that_is_no_event_at_all(text: bytes, path: str, code: str) -> None:
    assert faults(text) == [(path, code)]


def test_the_column_is_told_where_json_breaks_off() -> None:
    (error,) = read_event(b'{"event_id": x}')  # type: ignore[misc]
    assert error.message == "is not JSON: expecting value at column 14"


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        (line(colour="red"), "colour", "unknown_field"),
        (with_memory(contnet="a"), "memory.contnet", "unknown_field"),
        (with_memory(participants=[{"id": "p1", "age": 3}]), "memory.participants[0].age", "unknown_field"),
        (with_memory(participants=[{"name": "Ann"}]), "memory.participants[0].id", "missing"),
        (line(occurred_at="2025-06-01T09:30:00"), "occurred_at", "not_a_moment"),
        (line(occurred_at=1_735_689_600), "occurred_at", "not_a_moment"),
        (with_memory(extracted_at="today"), "memory.extracted_at", "not_a_moment"),
        (with_memory(confidence="0.5"), "memory.confidence", "wrong_type"),
        (with_memory(confidence=True), "memory.confidence", "wrong_type"),
        (with_memory(confidence=None), "memory.confidence", "wrong_type"),
        (with_memory(confidence=float("nan")), "memory.confidence", "not_finite"),
        (with_memory(confidence=float("-inf")), "memory.confidence", "not_finite"),
        (with_memory(confidence=10**400), "memory.confidence", "not_finite"),
        (with_memory(confidence=1.5), "memory.confidence", "out_of_range"),
        (with_memory(tags="a,b"), "memory.tags", "wrong_type"),
        (with_memory(tags=[1]), "memory.tags[0]", "wrong_type"),
        (with_memory(metadata=[]), "memory.metadata", "wrong_type"),
        (with_memory(metadata={"a": 1}), "memory.metadata.a", "wrong_type"),
        (with_memory(content="\ud800"), "memory.content", "not_unicode"),
        (with_memory(content="\x00"), "memory.content", "nul_character"),
        (
            with_memory(emotional_context={"primary_emotion": "glee"}),
            "memory.emotional_context.primary_emotion",
            "unknown_symbol",
        ),
        (
            with_memory(emotional_context={"temporal": {"is_building": 0}}),
            "memory.emotional_context.temporal.is_building",
            "wrong_type",
        ),
        (line(memory={"string": "x"}), "memory.string", "unknown_field"),
        (line(event_id="x"), "event_id", "not_a_uuid"),
        (line(memory=None), "memory", "memory_missing"),
        (line(event_type="DELETED"), "memory", "memory_on_deletion"),
    ],
)
def test_a_field_that_is_wrong_is_named(text: bytes, path: str, code: str) -> None:
    assert (path, code) in faults(text)


def test_a_fault_of_type_and_a_broken_rule_are_told_together_and_each_once() -> None:
    text = line(event_id="x", occurred_at="now", memory={"owner_id": " ", "content": 5, "extra": 1})
    assert sorted(faults(text)) == [
        ("event_id", "not_a_uuid"),
        ("memory.content", "wrong_type"),
        ("memory.extra", "unknown_field"),
        ("memory.owner_id", "blank"),
        ("occurred_at", "not_a_moment"),
    ]


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_of_another_year_in_utc_is_told_as_it_came(text: str) -> None:
    (error,) = read_event(line(occurred_at=text))  # type: ignore[misc]
    assert (error.path, error.code, error.value) == ("occurred_at", "out_of_calendar", f'"{text}"')
    assert "microseconds" not in error.advice


def test_a_slip_of_the_pen_is_recognised() -> None:
    (error,) = read_event(with_memory(sumary="a"))  # type: ignore[misc]
    assert error.advice == "Did you mean summary?"


def test_what_only_breaks_a_rule_can_still_be_had_in_raw_form() -> None:
    raw = read_raw(with_memory(confidence=7))
    assert isinstance(raw, dict)
    assert raw["memory"]["confidence"] == 7.0
    assert isinstance(read_raw(with_memory(confidence="7")), tuple)
