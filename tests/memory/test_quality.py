"""What is doubtful about a memory, and how good it is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.memory.cautions import CAUTIONS
from consumer.memory.model import Memory, MemoryEvent
from consumer.memory.quality import PLEASANT, UNPLEASANT, assess, components_of, mean, warnings_of
from consumer.memory.validation import validate
from tests.memory.samples import memory_events, raw_with

EMOTIONS = "memory.emotional_context"
RELATIONSHIPS = "memory.relationship_dynamics"
PAIRS = f"{RELATIONSHIPS}.participant_dynamics"
FAULTLESS: dict[str, Any] = {f"{EMOTIONS}.valence": 0.25, f"{RELATIONSHIPS}.concerning_patterns": []}
"""What makes the sample faultless."""


def told(changes: dict[str, Any]) -> Memory:
    """The faultless memory, changed; valid still."""
    event = validate(raw_with(FAULTLESS | changes))
    assert isinstance(event, MemoryEvent), event
    assert event.memory is not None
    return event.memory


def person(name: str) -> dict[str, Any]:
    return {"id": name, "name": None, "role": "friend"}


def pair(first: str, second: str, kind: str) -> dict[str, Any]:
    return {"participants": [first, second], "kind": kind}


def test_a_memory_in_order_has_no_warning_and_scores_by_its_confidence() -> None:
    assert assess(told({})) == (0.9667, ())
    assert assess(told({"memory.confidence": 1.0})) == (1.0, ())


@pytest.mark.parametrize(
    ("code", "doubtful", "in_order"),
    [
        ("low_confidence", {"memory.confidence": 0.4999}, {"memory.confidence": 0.5}),
        ("short_content", {"memory.content": "nine char"}, {"memory.content": "ten chars."}),
        ("no_tags", {"memory.tags": []}, {"memory.tags": ["t"]}),
        ("no_themes", {f"{EMOTIONS}.themes": []}, {f"{EMOTIONS}.themes": ["grief"]}),
        ("no_themes", {EMOTIONS: None}, {}),
        (
            "repeated_participant",
            {"memory.participants": [person("p1"), person("p2"), person("p1")]},
            {"memory.participants": [person("p1"), person("p2"), person("p3")]},
        ),
        (
            "intense_but_flat",
            {f"{EMOTIONS}.intensity": 0.81, f"{EMOTIONS}.valence": 0.29},
            {f"{EMOTIONS}.intensity": 0.8, f"{EMOTIONS}.valence": 0.29},
        ),
        (
            "intense_but_flat",
            {f"{EMOTIONS}.intensity": 0.81, f"{EMOTIONS}.valence": 0.0},
            {f"{EMOTIONS}.intensity": 0.81, f"{EMOTIONS}.valence": 0.3},
        ),
        (
            "intense_but_flat",
            {
                f"{EMOTIONS}.intensity": 1.0,
                f"{EMOTIONS}.valence": -0.29,
                f"{EMOTIONS}.primary_emotion": "fear",
            },
            {
                f"{EMOTIONS}.intensity": 1.0,
                f"{EMOTIONS}.valence": -0.3,
                f"{EMOTIONS}.primary_emotion": "fear",
            },
        ),
        ("valence_against_emotion", {f"{EMOTIONS}.valence": -0.01}, {f"{EMOTIONS}.valence": 0.0}),
        (
            "valence_against_emotion",
            {f"{EMOTIONS}.primary_emotion": "sadness"},
            {f"{EMOTIONS}.primary_emotion": "neutral"},
        ),
        ("concerning_patterns", {f"{RELATIONSHIPS}.concerning_patterns": ["interrupts"]}, {}),
        (
            "weak_but_positive",
            {f"{RELATIONSHIPS}.connection_strength": 0.29},
            {f"{RELATIONSHIPS}.connection_strength": 0.3},
        ),
        (
            "weak_but_positive",
            {f"{RELATIONSHIPS}.connection_strength": 0.0},
            {f"{RELATIONSHIPS}.connection_strength": 0.0, f"{RELATIONSHIPS}.interaction_quality": "mixed"},
        ),
        (
            "pair_disagrees",
            {PAIRS: [pair("p1", "p2", "neutral"), pair("p2", "p1", "complex")]},
            {PAIRS: [pair("p1", "p2", "neutral"), pair("p2", "p1", "neutral")]},
        ),
    ],
)
def test_a_warning_by_example_and_its_absence(code: str, doubtful: dict[str, Any], in_order: dict[str, Any]) -> None:
    assert warnings_of(told(doubtful)) == (code,)
    assert warnings_of(told(in_order)) == ()


def test_every_emotion_with_a_sign_is_held_to_it() -> None:
    for emotion in PLEASANT | UNPLEASANT:
        for valence in (-0.5, 0.5):
            memory = told({f"{EMOTIONS}.primary_emotion": emotion, f"{EMOTIONS}.valence": valence})
            is_against = (valence < 0) == (emotion in PLEASANT)
            assert warnings_of(memory) == (("valence_against_emotion",) if is_against else ())


def test_all_that_is_doubtful_is_told_at_once() -> None:
    memory = told(
        {
            "memory.confidence": 0.0,
            "memory.content": "?",
            "memory.tags": [],
            "memory.participants": [person("p1"), person("p2"), person("p1")],
            f"{EMOTIONS}.themes": [],
            f"{EMOTIONS}.intensity": 1.0,
            f"{EMOTIONS}.valence": -0.1,
            f"{RELATIONSHIPS}.concerning_patterns": ["interrupts"],
            f"{RELATIONSHIPS}.connection_strength": 0.0,
            PAIRS: [pair("p1", "p2", "neutral"), pair("p2", "p1", "complex")],
        }
    )
    assert set(warnings_of(memory)) == CAUTIONS.keys()
    assert assess(memory).score == 0.0


def test_patterns_between_people_cost_nothing() -> None:
    patterns = {f"{RELATIONSHIPS}.concerning_patterns": ["interrupts"]}
    assert assess(told(patterns)).score == assess(told({})).score


def _mend(memory: Memory, part: str, **changes: Any) -> Memory:
    mended: Any = {**(getattr(memory, part) or getattr(told({}), part)), **changes}
    return replace(memory, **{part: mended})


def _mend_feeling(memory: Memory, **changes: Any) -> Memory:
    return _mend(memory, "emotional_context", **changes)


def _mend_relationship(memory: Memory, **changes: Any) -> Memory:
    return _mend(memory, "relationship_dynamics", **changes)


def _fitting_valence(memory: Memory) -> Memory:
    assert memory.emotional_context is not None
    is_unpleasant = memory.emotional_context["primary_emotion"] in UNPLEASANT
    return _mend_feeling(memory, valence=-0.5 if is_unpleasant else 0.5)


def _each_once(memory: Memory) -> Memory:
    return replace(memory, participants=list({person["id"]: person for person in memory.participants}.values()))


MENDERS: dict[str, Callable[[Memory], Memory]] = {
    "low_confidence": lambda memory: replace(memory, confidence=0.5),
    "short_content": lambda memory: replace(memory, content=memory.content + " and so on"),
    "no_tags": lambda memory: replace(memory, tags=["t"]),
    "no_themes": lambda memory: _mend_feeling(memory, themes=["growth"]),
    "repeated_participant": _each_once,
    "intense_but_flat": _fitting_valence,
    "valence_against_emotion": _fitting_valence,
    "concerning_patterns": lambda memory: _mend_relationship(memory, concerning_patterns=[]),
    "weak_but_positive": lambda memory: _mend_relationship(memory, connection_strength=0.5),
    "pair_disagrees": lambda memory: _mend_relationship(memory, participant_dynamics=[]),
}


@st.composite
def memories(draw: st.DrawFn) -> Memory:
    """Any valid memory; some have a participant twice."""
    memory = draw(memory_events().map(lambda event: event.memory).filter(bool))
    assert memory is not None
    return replace(memory, participants=memory.participants * draw(st.integers(1, 2)))


@given(memories())
def test_mending_what_is_warned_of_never_lowers_the_score(memory: Memory) -> None:
    before = assess(memory)
    for code in before.warnings:
        after = assess(MENDERS[code](memory))
        assert set(after.warnings) < set(before.warnings)
        assert code not in after.warnings
        assert after.score >= before.score


@given(memories())
def test_the_score_is_a_share_and_no_warning_is_told_twice(memory: Memory) -> None:
    score, warnings = assess(memory)
    assert 0 <= score <= 1
    assert len(set(warnings)) == len(warnings)


@given(memories())
def test_the_components_follow_exactly_from_what_is_stored(memory: Memory) -> None:
    score, warnings = assess(memory)
    components = components_of(warnings, memory.confidence)
    assert list(components) == ["completeness", "consistency", "confidence"]
    assert mean(components) == score
