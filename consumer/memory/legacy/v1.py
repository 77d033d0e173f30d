"""MemoryV1: `{id, text, date, sender, recipients[], mood, sentiment, categories[], metadata}`.

The sender is the participant `self`, and owner of the memory where no other is known; the recipients are `other`, but
for those who are there already: nobody takes part twice. The mood becomes the primary emotion, the sentiment (-1 to 1)
the valence, and without its sign the intensity. Confidence is 0.5: the form has none.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from consumer.memory.legacy.completing import defaults
from consumer.memory.legacy.form import Draft, Form, Known, Old, OldField
from consumer.memory.legacy.moods import emotion_of, mood_of, unknown_mood
from consumer.memory.legacy.shapes import Between, Id, Metadata, OldMoment, is_reserved, without_zone
from consumer.memory.model import Identifier
from consumer.memory.moments import from_micros, to_iso
from consumer.memory.raw_form import Raw
from consumer.memory.shapes import ListOf, Text

EMOTIONS = ("memory", "emotional_context")
TEXTS = ListOf(Text())
_IDENTIFIER = TypeAdapter[str](Identifier)

FIELDS: Mapping[str, OldField] = {
    "id": OldField(Id(), ("memory_id",), is_required=True),
    "text": OldField(Text(), ("memory", "content"), is_required=True),
    "date": OldField(OldMoment(), ("occurred_at",), remark=without_zone),
    "sender": OldField(Text(), ("memory", "participants", 0, "id")),
    "recipients": OldField(TEXTS, ("memory", "participants")),
    "mood": OldField(Text(), (*EMOTIONS, "primary_emotion"), remark=unknown_mood),
    "sentiment": OldField(Between(-1, 1), (*EMOTIONS, "valence")),
    "categories": OldField(TEXTS, ("memory", "tags")),
    "metadata": OldField(Metadata(), ("memory", "metadata")),
}


def forward(old: Old, known: Known) -> Draft:
    """The memory that a record tells of."""
    draft = Draft(old.get("id"), old.get("date"), None, {})
    draft.take(old, "text", "content")
    draft.take(old, "categories", "tags")
    draft.take(old, "metadata", "metadata")
    draft.fall_back_on(known)
    if draft.owner_id is None:
        draft.owner_id = old.get("sender")
        draft.origins["memory.owner_id"] = "sender"
    _take_people(old, draft)
    _take_emotions(old, draft)
    draft.filled["memory.confidence"] = "default"
    return draft


def _take_people(old: Old, draft: Draft) -> None:
    """Each person once, in the role that comes first."""
    people = [] if old.get("sender") is None else [_person(old["sender"], "self")]
    known = {old.get("sender")}
    for index, recipient in enumerate(old.get("recipients") or ()):
        if recipient in known and _is_right(recipient):
            continue
        known.add(recipient)
        draft.origins[f"memory.participants[{len(people)}].id"] = f"recipients[{index}]"
        people.append(_person(recipient, "other"))
    draft.memory["participants"] = people


def _is_right(name: str | None) -> bool:
    """What is no id stays wherever it stands, so that each is told."""
    try:
        _IDENTIFIER.validate_python(name)
    except ValidationError:
        return False
    return True


def _person(name: str, role: str) -> dict[str, Any]:
    return {"id": name, "name": None, "role": role}


def _take_emotions(old: Old, draft: Draft) -> None:
    mood, sentiment = old.get("mood"), old.get("sentiment")
    if mood is None and sentiment is None:
        return
    felt = defaults(*EMOTIONS)
    if mood is not None:
        felt["primary_emotion"] = emotion_of(mood)
    if sentiment is not None:
        felt |= {"valence": float(sentiment), "intensity": abs(float(sentiment))}
    draft.memory["emotional_context"] = felt
    missing = ["primary_emotion"] if mood is None else ["valence", "intensity"] if sentiment is None else []
    draft.filled.update({f"memory.emotional_context.{name}": "default" for name in missing})


def backward(raw: Raw) -> dict[str, Any]:
    """The record that would tell of the memory, as far as it can."""
    memory, people = raw["memory"], raw["memory"]["participants"]
    made = {"id": raw["memory_id"], "text": memory["content"], "date": to_iso(from_micros(raw["occurred_at"]))}
    has_sender = bool(people) and people[0]["role"] == "self"
    if has_sender:
        made["sender"] = people[0]["id"]
    more = {
        "recipients": [person["id"] for person in people[has_sender:]],
        **_felt(memory["emotional_context"]),
        "categories": memory["tags"],
        "metadata": {name: text for name, text in memory["metadata"].items() if not is_reserved(name)},
    }
    return made | {name: value for name, value in more.items() if value not in ([], {})}


def _felt(context: Mapping[str, Any] | None) -> dict[str, Any]:
    if context is None:
        return {}
    mood = {"mood": mood_of(context["primary_emotion"])}
    unfelt = defaults(*EMOTIONS)
    if (context["valence"], context["intensity"]) == (unfelt["valence"], unfelt["intensity"]):
        return mood
    return {**mood, "sentiment": context["valence"]}


FORM = Form("v1", FIELDS, forward, backward, {"memory.emotional_context.intensity": "sentiment"})
