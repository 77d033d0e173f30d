"""Every rule of every field: what is refused, where, and under which code."""

import math
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.memory.field_errors import FieldError
from consumer.memory.model import MemoryEvent
from consumer.memory.moments import from_iso, to_iso
from consumer.memory.raw_form import Raw
from consumer.memory.validation import contradictions, validate
from tests.memory.samples import full, raw_with, raw_without

EMOTIONS = "memory.emotional_context"
RELATIONSHIPS = "memory.relationship_dynamics"
PAIR = f"{RELATIONSHIPS}.participant_dynamics"


def errors_of(raw: Raw) -> tuple[FieldError, ...]:
    checked = validate(raw)
    return checked if isinstance(checked, tuple) else ()


def faults(raw: Raw) -> list[tuple[str, str]]:
    return [(error.path, error.code) for error in errors_of(raw)]


def test_a_valid_event_comes_out_with_every_part() -> None:
    event = validate(full())
    assert isinstance(event, MemoryEvent)
    assert event.memory is not None
    assert event.event_id == UUID("5f3c4d9e-8b1a-4c7d-9e2f-0a1b2c3d4e5f")
    assert to_iso(event.occurred_at) == "2025-01-01T00:00:00.250000Z"
    assert event.memory.source_message_ids == ["msg-2", "msg-1"]
    assert event.memory.emotional_context == full()["memory"]["emotional_context"]
    assert event.memory.relationship_dynamics == full()["memory"]["relationship_dynamics"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("memory.content", "x" * 50_000),
        ("memory.content", " "),
        ("memory.summary", None),
        ("memory.summary", ""),
        (
            "memory.participants",
            [{"id": "p1", "name": "", "role": "self"}, {"id": "p2", "name": None, "role": "other"}] * 25,
        ),
        ("memory.tags", ["t" * 50] * 20),
        ("memory.confidence", 0),
        ("memory.confidence", 1.0),
        ("memory.extracted_at", None),
        ("memory.metadata", {"": ""}),
        (EMOTIONS, None),
        (f"{EMOTIONS}.valence", -1.0),
        (f"{EMOTIONS}.valence", 1.0),
        (f"{EMOTIONS}.temporal", None),
        (RELATIONSHIPS, None),
        ("occurred_at", from_iso("0001-01-01T00:00:00Z")),
        ("occurred_at", from_iso("9999-12-31T23:59:59.999999Z")),
        ("event_type", "UPDATED"),
        ("memory_id", "m" * 255),
    ],
)
def test_the_edges_of_what_is_allowed_are_allowed(path: str, value: Any) -> None:
    assert faults(raw_with({path: value})) == []


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("event_id", "no UUID", "not_a_uuid"),
        ("event_id", "", "not_a_uuid"),
        ("event_id", None, "not_a_uuid"),
        ("event_type", "created", "unknown_symbol"),
        ("memory_id", "", "empty"),
        ("memory_id", " \t\u2003", "blank"),
        ("memory_id", "m" * 256, "too_long"),
        ("memory_id", 7, "wrong_type"),
        ("occurred_at", 2**63 - 1, "out_of_calendar"),
        ("occurred_at", -(2**63), "out_of_calendar"),
        ("occurred_at", "2025-01-01T00:00:00Z", "wrong_type"),
        ("occurred_at", True, "wrong_type"),
        ("producer", "", "empty"),
        ("producer", "\n", "blank"),
        ("memory", "a text", "wrong_type"),
        ("memory.owner_id", "", "empty"),
        ("memory.owner_id", "  ", "blank"),
        ("memory.content", "", "empty"),
        ("memory.content", "x" * 50_001, "too_long"),
        ("memory.content", "a\x00b", "nul_character"),
        ("memory.content", None, "wrong_type"),
        ("memory.content", "\ud800", "not_unicode"),
        ("memory.summary", "\x00", "nul_character"),
        ("memory.summary", 3, "wrong_type"),
        ("memory.source_message_ids", None, "wrong_type"),
        ("memory.participants", "p1", "wrong_type"),
        ("memory.tags", ["tag"] * 21, "too_many_items"),
        ("memory.tags", ["tag"] * 1_000, "too_many_items"),
        ("memory.confidence", 1.01, "out_of_range"),
        ("memory.confidence", -0.01, "out_of_range"),
        ("memory.confidence", 10, "out_of_range"),
        ("memory.confidence", math.nan, "not_finite"),
        ("memory.confidence", math.inf, "not_finite"),
        ("memory.confidence", "0.5", "wrong_type"),
        ("memory.confidence", True, "wrong_type"),
        ("memory.confidence", None, "wrong_type"),
        ("memory.extracted_at", 2**63 - 1, "out_of_calendar"),
        ("memory.metadata", None, "wrong_type"),
        (f"{EMOTIONS}.primary_emotion", "happy", "unknown_symbol"),
        (f"{EMOTIONS}.intensity", -0.1, "out_of_range"),
        (f"{EMOTIONS}.intensity", -math.inf, "not_finite"),
        (f"{EMOTIONS}.valence", -1.1, "out_of_range"),
        (f"{EMOTIONS}.valence", 1.1, "out_of_range"),
        (f"{EMOTIONS}.temporal.is_building", 1, "wrong_type"),
        (f"{EMOTIONS}.temporal.expected_duration", "for ever", "unknown_symbol"),
        (f"{RELATIONSHIPS}.communication_pattern", "loud", "unknown_symbol"),
        (f"{RELATIONSHIPS}.interaction_quality", "good", "unknown_symbol"),
        (f"{RELATIONSHIPS}.connection_strength", 2.0, "out_of_range"),
        (f"{RELATIONSHIPS}.is_balanced", "yes", "wrong_type"),
    ],
)
def test_a_field_that_breaks_its_rule_is_named_with_its_code(path: str, value: Any, code: str) -> None:
    assert faults(raw_with({path: value})) == [(path, code)]


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        ("memory.source_message_ids.1", "a\x00", "memory.source_message_ids[1]", "nul_character"),
        ("memory.participants.0.name", "\x00", "memory.participants[0].name", "nul_character"),
        ("memory.participants.0.role", "boss", "memory.participants[0].role", "unknown_symbol"),
        ("memory.tags.1", "", "memory.tags[1]", "empty"),
        ("memory.tags.1", "t" * 51, "memory.tags[1]", "too_long"),
        ("memory.metadata", {"a": "\x00"}, "memory.metadata.a", "nul_character"),
        ("memory.metadata", {"\x00": "a"}, 'memory.metadata["\\u0000"]', "nul_character"),
        ("memory.metadata", {"a": 1}, "memory.metadata.a", "wrong_type"),
        (f"{EMOTIONS}.secondary_emotions.0", "glee", f"{EMOTIONS}.secondary_emotions[0]", "unknown_symbol"),
        (f"{EMOTIONS}.themes.0", "war", f"{EMOTIONS}.themes[0]", "unknown_symbol"),
        (f"{EMOTIONS}.markers.0", "\x00", f"{EMOTIONS}.markers[0]", "nul_character"),
        (f"{RELATIONSHIPS}.concerning_patterns.0", "\x00", f"{RELATIONSHIPS}.concerning_patterns[0]", "nul_character"),
        (f"{PAIR}.0.kind", "odd", f"{PAIR}[0].kind", "unknown_symbol"),
        (f"{PAIR}.0.participants", ["p1"], f"{PAIR}[0].participants", "too_few_items"),
        (f"{PAIR}.0.participants", ["p1", "p2", "p1"], f"{PAIR}[0].participants", "too_many_items"),
        (f"{PAIR}.0.participants", ["p1", "p1"], f"{PAIR}[0].participants", "same_participant"),
        (f"{PAIR}.0.participants", ["p1", "nobody"], f"{PAIR}[0].participants[1]", "unknown_participant"),
    ],
)
def test_an_item_that_breaks_its_rule_is_named_by_its_place(path: str, value: Any, at: str, code: str) -> None:
    assert faults(raw_with({path: value})) == [(at, code)]


@pytest.mark.parametrize(
    "path",
    ["event_id", "event_type", "memory_id", "occurred_at", "producer", "memory", "memory.owner_id", "memory.content"],
)
def test_a_field_that_is_missing_is_named(path: str) -> None:
    assert faults(raw_without(path)) == [(path, "missing")]


def test_fifty_participants_are_enough() -> None:
    raw = raw_with({"memory.participants": [{"id": f"p{i}", "name": None, "role": "other"} for i in range(51)]})
    assert faults(raw) == [("memory.participants", "too_many_items")]


@pytest.mark.parametrize("event_type", ["CREATED", "UPDATED"])
def test_only_a_deletion_comes_without_a_memory(event_type: str) -> None:
    assert faults(raw_with({"event_type": event_type, "memory": None})) == [("memory", "memory_missing")]
    assert faults(raw_with({"event_type": "DELETED"})) == [("memory", "memory_on_deletion")]
    assert faults(raw_with({"event_type": "DELETED", "memory": None})) == []


def test_all_errors_are_told_at_once_those_between_fields_included() -> None:
    raw = raw_with(
        {
            "event_id": "?",
            "memory.confidence": 2,
            "memory.tags": [""],
            f"{PAIR}.0.participants": ["p1", "nobody"],
        }
    )
    assert faults(raw) == [
        ("event_id", "not_a_uuid"),
        ("memory.tags[0]", "empty"),
        ("memory.confidence", "out_of_range"),
        (f"{PAIR}[0].participants[1]", "unknown_participant"),
    ]


def test_without_participants_nobody_can_tell_who_is_one_but_who_is_named_twice() -> None:
    pairs = [{"participants": ["p1", "nobody"], "kind": "neutral"}, {"participants": ["p1", "p1"], "kind": "neutral"}]
    assert faults(raw_with({"memory.participants": None, PAIR: pairs})) == [
        ("memory.participants", "wrong_type"),
        (f"{PAIR}[1].participants", "same_participant"),
    ]


@pytest.mark.parametrize("wreck", [5, "text", [], [1, "a", None, [], {}], {}, {"participants": 3}, None])
@pytest.mark.parametrize(
    "path", ["memory", "memory.participants", RELATIONSHIPS, PAIR, f"{PAIR}.0", f"{PAIR}.0.participants"]
)
def test_whatever_stands_where_an_object_should_is_an_answer_and_no_exception(path: str, wreck: Any) -> None:
    assert isinstance(validate(raw_with({path: wreck})), MemoryEvent | tuple)


def test_of_many_errors_a_hundred_are_listed() -> None:
    errors = errors_of(raw_with({"memory.source_message_ids": ["\x00"] * 500}))
    assert len(errors) == 101
    assert errors[-1].code == "more_errors"


def test_of_a_flood_of_errors_the_first_of_each_list_is_told() -> None:
    flood = {
        "memory.source_message_ids": ["fine"] * 2_000 + ["\x00"] * 2_000,
        "memory.emotional_context.markers": ["\x00"] * 2_000,
        "memory.confidence": 2,
    }
    assert faults(raw_with(flood)) == [
        ("memory.source_message_ids[2000]", "nul_character"),
        ("memory.confidence", "out_of_range"),
        ("memory.emotional_context.markers[0]", "nul_character"),
    ]


def test_every_error_says_what_was_expected_and_what_to_do() -> None:
    errors = errors_of(raw_with({"memory.confidence": 7, "memory.tags": ["t" * 51], f"{EMOTIONS}.themes": ["war"]}))
    assert errors[0] == FieldError(
        "memory.tags[0]",
        "is too long",
        f'"{"t" * 51}"',
        "at most 50 characters",
        "too_long",
        "Shorten or split the text.",
    )
    assert errors[1] == FieldError(
        "memory.confidence", "is too high", "7", "at most 1", "out_of_range", "Bring the value into the field's range."
    )
    assert errors[2].expected.startswith("support, conflict, ")


@given(
    kind=st.sampled_from(["CREATED", "UPDATED", "DELETED"]),
    people=st.lists(st.sampled_from("abc"), max_size=3),
    pairs=st.none() | st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=2), max_size=3),
    has_memory=st.booleans(),
)
def test_an_event_is_refused_exactly_when_it_contradicts_itself(
    kind: str, people: list[str], pairs: list[list[str]] | None, has_memory: bool
) -> None:
    raw = raw_with({"event_type": kind, "memory.participants": [person(name) for name in people]})
    raw["memory"]["relationship_dynamics"] = (
        None
        if pairs is None
        else {
            **full()["memory"]["relationship_dynamics"],
            "participant_dynamics": [{"participants": pair, "kind": "neutral"} for pair in pairs],
        }
    )
    if not has_memory:
        raw["memory"] = None
    expected = tuple(contradictions(raw))
    assert errors_of(raw) == expected
    assert isinstance(validate(raw), MemoryEvent) == (not expected)


def person(name: str) -> dict[str, Any]:
    return {"id": name, "name": None, "role": "friend"}
