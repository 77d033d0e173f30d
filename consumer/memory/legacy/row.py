"""A row of the earlier database, its columns named as fields of a JSON object.

Columns are those of a memory in camelCase, with `primaryMood` and `intensity` beside them. Confidence and intensity are
whole numbers from 0 to 10; the mood is free text. `sourceMessageIds`, `participants`, `tags`, `relationshipDynamics`,
`metadata` and `emotionalContext` (less the primary emotion and the intensity) are texts that hold JSON. Inside, the
names are those of events.
"""

import json
from collections.abc import Mapping
from typing import Any

from consumer.memory.legacy.completing import defaults
from consumer.memory.legacy.form import Draft, Form, Known, Old, OldField
from consumer.memory.legacy.moods import emotion_of, mood_of, unknown_mood
from consumer.memory.legacy.parts import PartOfEvent
from consumer.memory.legacy.shapes import (
    Id,
    JsonText,
    Metadata,
    OldMoment,
    WholeScore,
    is_reserved,
    score_of,
    without_zone,
)
from consumer.memory.moments import from_micros, to_iso
from consumer.memory.raw_form import Raw
from consumer.memory.shapes import Text

EMOTIONS = ("memory", "emotional_context")
OWN_COLUMNS = frozenset({"primary_emotion", "intensity"})


def _json(name: str) -> OldField:
    return OldField(JsonText(PartOfEvent(("memory", name))), ("memory", name))


FIELDS: Mapping[str, OldField] = {
    "id": OldField(Id(), ("memory_id",), is_required=True),
    "ownerId": OldField(Id(), ("memory", "owner_id")),
    "occurredAt": OldField(OldMoment(), ("occurred_at",), remark=without_zone),
    "content": OldField(Text(), ("memory", "content"), is_required=True),
    "summary": OldField(Text(), ("memory", "summary")),
    "confidence": OldField(WholeScore(), ("memory", "confidence")),
    "extractedAt": OldField(OldMoment(), ("memory", "extracted_at"), remark=without_zone),
    "primaryMood": OldField(Text(), (*EMOTIONS, "primary_emotion"), remark=unknown_mood),
    "intensity": OldField(WholeScore(), (*EMOTIONS, "intensity")),
    "emotionalContext": OldField(JsonText(PartOfEvent(EMOTIONS, without=OWN_COLUMNS)), EMOTIONS),
    "sourceMessageIds": _json("source_message_ids"),
    "participants": _json("participants"),
    "tags": _json("tags"),
    "relationshipDynamics": _json("relationship_dynamics"),
    "metadata": OldField(JsonText(Metadata()), ("memory", "metadata")),
}

ALIKE = {
    "content": "content",
    "summary": "summary",
    "confidence": "confidence",
    "extractedAt": "extracted_at",
    "sourceMessageIds": "source_message_ids",
    "participants": "participants",
    "tags": "tags",
    "relationshipDynamics": "relationship_dynamics",
    "metadata": "metadata",
}
"""Columns that are fields of a memory, by another name."""


def forward(old: Old, known: Known) -> Draft:
    """The memory that a row tells of."""
    draft = Draft(old.get("id"), old.get("occurredAt"), old.get("ownerId"), {})
    draft.fall_back_on(known)
    for column, name in ALIKE.items():
        draft.take(old, column, name)
    if "confidence" not in old:
        draft.filled["memory.confidence"] = "default"
    _take_emotions(old, draft)
    return draft


def _take_emotions(old: Old, draft: Draft) -> None:
    mood, intensity, rest = old.get("primaryMood"), old.get("intensity"), old.get("emotionalContext")
    if mood is None and intensity is None and rest is None:
        return
    felt = {**defaults(*EMOTIONS), **(rest or {})}
    if mood is not None:
        felt["primary_emotion"] = emotion_of(mood)
    if intensity is not None:
        felt["intensity"] = intensity
    draft.memory["emotional_context"] = felt
    missing = [name for name, value in (("primary_emotion", mood), ("intensity", intensity)) if value is None]
    draft.filled.update({f"memory.emotional_context.{name}": "default" for name in missing})


def backward(raw: Raw) -> dict[str, Any]:
    """The row that would tell of the memory, as far as it can. What is empty is left out."""
    memory = raw["memory"]
    metadata = {name: text for name, text in memory["metadata"].items() if not is_reserved(name)}
    made = {
        "id": raw["memory_id"],
        "ownerId": memory["owner_id"],
        "occurredAt": to_iso(from_micros(raw["occurred_at"])),
        "content": memory["content"],
        "confidence": score_of(memory["confidence"]),
        **_felt(memory["emotional_context"]),
    }
    if memory["summary"] is not None:
        made["summary"] = memory["summary"]
    if memory["extracted_at"] is not None:
        made["extractedAt"] = to_iso(from_micros(memory["extracted_at"]))
    for column in ("sourceMessageIds", "participants", "tags", "relationshipDynamics"):
        if memory[ALIKE[column]]:
            made[column] = _text(memory[ALIKE[column]])
    return {**made, "metadata": _text(metadata)} if metadata else made


def _felt(context: Mapping[str, Any] | None) -> dict[str, Any]:
    if context is None:
        return {}
    made = {"primaryMood": mood_of(context["primary_emotion"]), "intensity": score_of(context["intensity"])}
    rest = {name: value for name, value in context.items() if name not in OWN_COLUMNS}
    unfelt = defaults(*EMOTIONS)
    if all(unfelt[name] == value for name, value in rest.items()):
        return made
    return {**made, "emotionalContext": _text(rest)}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


FORM = Form("row", FIELDS, forward, backward)
