"""The loose form, rule by rule."""

from typing import Any

import pytest

from consumer.memory.legacy import FORMS, Known, to_old
from tests.memory.legacy.records import KNOWN, ROW, V0, converted, memory_of, refused


def test_every_field_finds_its_place() -> None:
    event = converted("v0", V0)
    memory = memory_of("v0", V0)
    assert (event.memory_id, event.event_type, event.producer) == ("m-1", "CREATED", "legacy-v0")
    assert event.occurred_at == KNOWN.occurred_at
    assert (memory.owner_id, memory.content, memory.summary) == ("o-1", "A day at the sea", None)
    assert (memory.source_message_ids, memory.confidence) == (["msg-2", "msg-1"], 0.7)
    assert memory.metadata["legacy.content"] == V0["content"]


@pytest.mark.parametrize(
    "record", [{"content": "a"}, {"content": "a", "summary": None}, {"content": "a", "summary": " "}]
)
def test_without_a_summary_the_text_is_the_content(record: dict[str, Any]) -> None:
    assert memory_of("v0", record).content == "a"


def test_people_that_are_not_known_stay_unknown() -> None:
    assert memory_of("v0", V0).participants == []


@pytest.mark.parametrize(
    ("confidence", "share"),
    [(0, 0.0), (1, 0.1), (3, 0.3), (7, 0.7), (10, 1.0), (6.5, 0.65), (None, 0.5)],
)
def test_confidence_is_a_tenth_and_zero_is_a_zero(confidence: float | None, share: float) -> None:
    made = memory_of("v0", {"content": "a", "confidence": confidence})
    assert made.confidence == share
    assert ("memory.confidence" in made.metadata["legacy.filled"]) is (confidence is None)


def test_a_share_is_no_number_out_of_ten_and_is_remarked_upon() -> None:
    noted = memory_of("v0", {"content": "a", "confidence": 0.8})
    assert noted.confidence == 0.08
    assert '"code":"below_one"' in noted.metadata["legacy.migration"]


def test_an_id_that_is_missing_follows_from_owner_and_text() -> None:
    without = {"content": "We went to the sea."}
    here, there = converted("v0", without), converted("v0", without, KNOWN._replace(owner_id="o-2"))
    assert here.memory_id == converted("v0", {**without, "confidence": 3}).memory_id
    assert here.memory_id != there.memory_id, "memories of two owners are two"
    assert converted("v0", V0).event_id != converted("v0", V0, KNOWN._replace(owner_id="o-2")).event_id
    assert here.memory_id != converted("v0", {"content": "We went home."}).memory_id


def test_what_was_filled_in_is_noted() -> None:
    noted = memory_of("v0", {"content": "a"}).metadata
    assert noted["legacy.filled"] == "memory.owner_id,occurred_at,memory.confidence,memory_id"
    assert "legacy.filled" not in memory_of("row", ROW).metadata, "it has everything"


def test_messages_are_ids_or_objects_that_have_one() -> None:
    record = {"content": "a", "messages": ["m", 5, {"id": "x", "text": "hello"}]}
    assert memory_of("v0", record).source_message_ids == ["m", "5", "x"]
    assert to_old(FORMS["v0"], converted("v0", record), KNOWN) == record, "nothing of them is lost"


@pytest.mark.parametrize(
    ("record", "path", "code"),
    [
        ({}, "content", "missing"),
        ({"content": ""}, "content", "empty"),
        ({"summary": "s", "content": "a\x00"}, "content", "nul_character"),
        ({"content": "a" * 50_001}, "content", "too_long"),
        ({"summary": "a" * 50_001}, "summary", "too_long"),
        ({"content": "a", "id": " "}, "id", "blank"),
        ({"content": "a", "id": 1.5}, "id", "wrong_type"),
        ({"content": "a", "confidence": "7"}, "confidence", "wrong_type"),
        ({"content": "a", "confidence": True}, "confidence", "wrong_type"),
        ({"content": "a", "confidence": 11}, "confidence", "out_of_range"),
        ({"content": "a", "confidence": -1}, "confidence", "out_of_range"),
        ({"content": "a", "confidence": float("nan")}, "confidence", "not_finite"),
        ({"content": "a", "messages": "m"}, "messages", "wrong_type"),
        ({"content": "a", "messages": ["m", {}]}, "messages[1]", "wrong_type"),
        ({"content": "a", "colour": float("inf")}, "colour", "not_finite"),
        ([], "", "wrong_type"),
    ],
)
def test_what_is_wrong_is_told_by_the_records_own_paths(record: Any, path: str, code: str) -> None:
    assert [(error.path, error.code) for error in refused("v0", record)] == [(path, code)]


def test_an_owner_and_a_time_that_nobody_knows_are_asked_for() -> None:
    errors = refused("v0", {"content": "a"}, Known())
    assert [(error.path, error.code) for error in errors] == [
        ("memory.owner_id", "no_owner"),
        ("occurred_at", "no_time"),
    ]
    assert "--owner" in errors[0].advice
    assert "--occurred-at" in errors[1].advice
