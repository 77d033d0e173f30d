"""The loose form: `{id?, content?, messages?, summary?, confidence?}`.

The text is the summary, else the content; a content that stands beside a summary is kept in metadata. Sources are the
ids of the messages. Without an id, the memory's id follows from owner and text. Confidence is a tenth of the number
from 0 to 10, 0.5 where there is none. Nobody took part, as far as the form knows. It knows neither owner nor time.
"""

from collections.abc import Mapping
from typing import Any

from consumer.memory.field_errors import Location, path
from consumer.memory.legacy import wording as old_wording
from consumer.memory.legacy.completing import memory_id
from consumer.memory.legacy.form import Draft, Form, Known, Old, OldField
from consumer.memory.legacy.shapes import RESERVED, Id, Score, score_of
from consumer.memory.raw_form import Raw
from consumer.memory.shapes import Faults, ListOf, Text

NAME = "v0"
TEXT_FROM = RESERVED + "text_from"
CONTENT = RESERVED + "content"

_ID = Id()


class Message:
    """An id, or an object that has one."""

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The id."""
        found: Faults = []
        read = _ID.read(value.get("id") if isinstance(value, dict) else value, at, found)
        if found:
            faults.append(old_wording.NOT_A_MESSAGE.error(at, value))
        return read


def _below_one(confidence: float) -> tuple[str, str] | None:
    is_share = 0 < confidence < 1
    return ("below_one", "is below 1, and counts as a number out of ten all the same") if is_share else None


FIELDS: Mapping[str, OldField] = {
    "id": OldField(_ID, ("memory_id",)),
    "content": OldField(Text(), ("memory", "content")),
    "messages": OldField(ListOf(Message()), ("memory", "source_message_ids")),
    "summary": OldField(Text(), ("memory", "content")),
    "confidence": OldField(Score(), ("memory", "confidence"), remark=_below_one),
}


def forward(old: Old, known: Known) -> Draft:
    """The memory that a record tells of."""
    draft = Draft(old.get("id"), None, None, {})
    draft.fall_back_on(known)
    _take_text(old, draft)
    draft.take(old, "messages", "source_message_ids")
    draft.take(old, "confidence", "confidence")
    if "confidence" not in old:
        draft.filled["memory.confidence"] = "default"
    if draft.memory_id is None:
        draft.memory_id = memory_id(NAME, draft.owner_id, draft.memory.get("content"))
        draft.filled["memory_id"] = "owner and text"
    return draft


def _take_text(old: Old, draft: Draft) -> None:
    summary, content = old.get("summary") or "", old.get("content")
    if not summary.strip():
        draft.take(old, "content", "content")
        draft.origins["memory.content"] = "content"
        return
    draft.memory["content"] = summary
    draft.memory["metadata"] = {TEXT_FROM: "summary"}
    if content is not None:
        draft.memory["metadata"][CONTENT] = content
        draft.origins[path(("memory", "metadata", CONTENT))] = "content"


def backward(raw: Raw) -> dict[str, Any]:
    """The record that would tell of the memory, as far as it can."""
    memory = raw["memory"]
    made = {"id": raw["memory_id"], "confidence": score_of(memory["confidence"])}
    if memory["source_message_ids"]:
        made["messages"] = memory["source_message_ids"]
    if memory["metadata"].get(TEXT_FROM) != "summary":
        return {**made, "content": memory["content"]}
    if CONTENT in memory["metadata"]:
        made["content"] = memory["metadata"][CONTENT]
    return {**made, "summary": memory["content"]}


FORM = Form(NAME, FIELDS, forward, backward)
