"""Reports on events, memories and their parts, as anybody may ask for them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consumer
from consumer.memory.json_form import read_event, write_event
from consumer.memory.model import MemoryEvent
from consumer.memory.quality import assess
from consumer.memory.reports import (
    validate_emotional_context,
    validate_event,
    validate_memory,
    validate_relationship,
)
from tests.memory.samples import memory_events

FUNCTIONS = (validate_event, validate_memory, validate_emotional_context, validate_relationship)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
FIELDS = st.sampled_from(
    [
        *("memory", "content", "owner_id", "participants", "tags", "confidence", "emotional_context", "themes"),
        *("intensity", "valence", "relationship_dynamics", "participant_dynamics", "connection_strength", "temporal"),
    ]
)
NEARLY_RIGHT = st.recursive(
    JSON, lambda inner: st.dictionaries(FIELDS, inner, max_size=4) | st.lists(inner, max_size=3), max_leaves=12
)


def told(event: MemoryEvent) -> dict[str, Any]:
    """The event in its JSON form, parsed."""
    parsed: dict[str, Any] = json.loads(write_event(event))
    return parsed


@given(JSON | NEARLY_RIGHT)
def test_nothing_that_json_can_say_makes_it_raise(value: Any) -> None:
    for function in FUNCTIONS:
        report = function(value)
        assert report.is_valid == (report.score is not None)
        json.dumps(report.as_json())


def test_nor_does_a_number_that_python_would_not_write_out() -> None:
    for value in (10**5_000, {"intensity": -(10**5_000), "primary_emotion": 10**5_000}):
        assert all(not function(value).is_valid for function in FUNCTIONS)


@given(memory_events())
def test_a_valid_event_and_its_parts_are_valid_by_themselves(event: MemoryEvent) -> None:
    whole = told(event)
    report = validate_event(whole)
    assert report.is_valid
    if event.memory is None:
        assert (report.score, report.warnings, report.components) == (None, (), {})
        return
    assert (report.score, tuple(warning.code for warning in report.warnings)) == assess(event.memory)
    assert list(report.components) == ["completeness", "consistency", "confidence"]
    assert all(0 <= each <= 1 for each in report.components.values())
    assert report.score == pytest.approx(sum(report.components.values()) / 3, abs=1e-4)
    alone = validate_memory(whole["memory"])
    assert (alone.score, alone.components) == (report.score, report.components)
    assert [f"memory.{warning.path}" for warning in alone.warnings] == [warning.path for warning in report.warnings]
    for part, function in (
        ("emotional_context", validate_emotional_context),
        ("relationship_dynamics", validate_relationship),
    ):
        if whole["memory"][part] is not None:
            of_part = [warning for warning in alone.warnings if warning.path.startswith(part)]
            assert [f"{part}.{warning.path}" for warning in function(whole["memory"][part]).warnings] == [
                warning.path for warning in of_part
            ]


@given(NEARLY_RIGHT)
def test_a_whole_event_has_the_errors_that_its_line_has(value: Any) -> None:
    """With one exception: half a surrogate pair is lost on the way to a line."""
    line = json.dumps(value).encode()
    expected = read_event(line)
    assert validate_event(json.loads(line)).errors == (expected if isinstance(expected, tuple) else ())


def test_errors_are_those_of_the_part_alone() -> None:
    felt = validate_emotional_context({"intensity": 2, "themes": ["war"], "valense": 0.5})
    assert [(error.path, error.code) for error in felt.errors] == [
        ("valense", "unknown_field"),
        ("themes[0]", "unknown_symbol"),
        ("intensity", "out_of_range"),
    ]
    assert (felt.is_valid, felt.score, felt.warnings) == (False, None, ())
    memory = validate_memory({"owner_id": "o", "content": "", "emotional_context": {"intensity": 2}})
    assert [(error.path, error.code) for error in memory.errors] == [
        ("content", "empty"),
        ("emotional_context.intensity", "out_of_range"),
    ]


def test_a_pair_of_strangers_is_an_error_of_the_memory_but_not_of_the_relationship_alone() -> None:
    relationship = {"participant_dynamics": [{"participants": ["a", "b"], "kind": "complex"}]}
    assert validate_relationship(relationship).is_valid
    memory = {"owner_id": "o", "content": "We met.", "relationship_dynamics": relationship}
    report = validate_memory(memory)
    assert [(error.path, error.code) for error in report.errors] == [
        ("relationship_dynamics.participant_dynamics[0].participants[0]", "unknown_participant"),
        ("relationship_dynamics.participant_dynamics[0].participants[1]", "unknown_participant"),
    ]
    relationship["participant_dynamics"][0]["participants"] = ["a", "a"]
    assert [error.code for error in validate_relationship(relationship).errors] == ["same_participant"]


def test_a_part_is_scored_by_what_it_can_have() -> None:
    felt = validate_emotional_context({"primary_emotion": "joy", "valence": -0.5})
    assert felt.components == {"completeness": 0.0, "consistency": 0.5}
    assert felt.score == 0.25
    relationship = validate_relationship({"interaction_quality": "positive", "connection_strength": 0.1})
    assert (relationship.score, relationship.components) == (0.5, {"consistency": 0.5})


def test_what_is_private_is_withheld_in_a_part_too() -> None:
    error = validate_emotional_context({"markers": ["dear\x00diary"]}).errors[0]
    assert (error.path, error.value) == ("markers[0]", "withheld: a text of 10 characters")


def test_the_package_has_them() -> None:
    assert consumer.validate_memory is validate_memory
    assert {getattr(consumer, name).__name__ for name in consumer.__all__} >= {each.__name__ for each in FUNCTIONS}
    with pytest.raises(AttributeError, match="no attribute 'validate_nothing'"):
        consumer.validate_nothing  # noqa: B018 - asking is the test
