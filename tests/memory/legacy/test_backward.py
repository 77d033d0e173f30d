"""Back into an old form: what would be lost is named, and nothing else is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consumer.memory.legacy import FORMS, Known, to_old
from consumer.memory.model import Memory, MemoryEvent
from consumer.memory.validation import validate
from tests.memory.legacy.records import KNOWN, ROW, V0, V1, converted
from tests.memory.samples import full, raw_with


def event(raw: dict[str, Any]) -> MemoryEvent:
    checked = validate(raw)
    assert isinstance(checked, MemoryEvent)
    return checked


def lost(form: str, what: MemoryEvent, known: Known = KNOWN) -> list[str]:
    refused = to_old(FORMS[form], what, known)
    assert isinstance(refused, tuple)
    assert {error.code for error in refused} == {"would_be_lost"}
    return sorted(error.path for error in refused)


def test_what_v1_can_not_say_is_named_field_by_field() -> None:
    assert lost("v1", event(full())) == [
        "memory.confidence",
        "memory.emotional_context.intensity",
        "memory.emotional_context.markers",
        "memory.emotional_context.secondary_emotions",
        "memory.emotional_context.temporal",
        "memory.emotional_context.themes",
        "memory.extracted_at",
        "memory.participants",
        "memory.relationship_dynamics",
        "memory.source_message_ids",
        "memory.summary",
    ]


def test_a_row_says_nearly_all() -> None:
    known = Known()
    assert lost("row", event(raw_with({"memory.confidence": 0.95})), known) == ["memory.confidence"]
    row = to_old(FORMS["row"], event(full()), known)
    assert isinstance(row, dict)
    assert (row["confidence"], row["intensity"], row["primaryMood"]) == (9, 5, "happy")


def test_a_deletion_has_no_old_form() -> None:
    assert lost("v1", event(raw_with({"event_type": "DELETED", "memory": None}))) == ["event_type"]


def test_owner_and_time_are_lost_unless_they_are_known_otherwise() -> None:
    was = converted("v0", V0)
    assert lost("v0", was, Known()) == ["memory.owner_id", "occurred_at"]
    assert lost("v0", was, KNOWN._replace(owner_id="o-2")) == ["memory.owner_id"]
    assert to_old(FORMS["v0"], was, KNOWN) == V0


@pytest.mark.parametrize(("form", "other"), [("v1", "v0"), ("row", "v1"), ("v0", "row")])
def test_the_record_of_another_migration_would_be_lost(form: str, other: str) -> None:
    was = converted(form, {"v0": V0, "v1": V1, "row": ROW}[form])
    assert 'memory.metadata["legacy.migration"]' in lost(other, was)


def _say_otherwise(event: MemoryEvent) -> None:
    _memory(event).content = "We went home."


def _grow_sure(event: MemoryEvent) -> None:
    _memory(event).confidence = 0.9


def _feel_otherwise(event: MemoryEvent) -> None:
    context = _memory(event).emotional_context
    assert context is not None
    context["primary_emotion"] = "anger"


def _happen_later(event: MemoryEvent) -> None:
    event.occurred_at += timedelta(hours=1)


@pytest.mark.parametrize(
    ("form", "record", "change", "changed"),
    [
        ("v0", {**V0, "colour": "red"}, _say_otherwise, {"summary": "We went home."}),
        ("v0", {**V0, "confidence": None, "colour": "red"}, _grow_sure, {"confidence": 9}),
        ("v1", {**V1, "mood": "meh", "colour": "red"}, _feel_otherwise, {"mood": "angry"}),
        ("v1", {**V1, "date": "2025-06-01", "mood": "meh"}, _happen_later, {"date": "2025-06-01T01:00:00Z"}),
        ("row", {**ROW, "primaryMood": "meh"}, _grow_sure, {"confidence": 9}),
    ],
)
def test_a_memory_that_was_changed_since_takes_its_changes_along_and_keeps_the_rest(
    form: str, record: Any, change: Callable[[MemoryEvent], None], changed: dict[str, Any]
) -> None:
    was = converted(form, record)
    change(was)
    assert to_old(FORMS[form], was, KNOWN) == {**record, **changed}


def test_a_forged_note_makes_no_record_that_would_be_refused() -> None:
    was = converted("v1", V1)
    _memory(was).metadata["legacy.original"] = '{"values": {"colour": Infinity}}'
    assert to_old(FORMS["v1"], was, KNOWN) == V1


def _memory(event: MemoryEvent) -> Memory:
    assert event.memory is not None
    return event.memory
