"""An event as a row of the staging table."""

from collections.abc import Collection
from typing import Any

import orjson

from consumer.isolation import RowRefused
from consumer.memory.model import Memory, MemoryEvent
from consumer.memory.quality import assess

Row = tuple[Any, ...]


def row_of(seq: int, event: MemoryEvent) -> Row:
    """The values of `tables.staged`, in its order; documents as JSON text. A deletion keeps nothing but its time.

    Raises `RowRefused` where a document can't be written as JSON, or a value is not of its type.
    """
    memory = event.memory
    if memory is None:
        return (seq, event.event_id, event.memory_id, None, event.occurred_at, True) + (None,) * 13
    return (
        seq,
        event.event_id,
        event.memory_id,
        memory.owner_id,
        event.occurred_at,
        False,
        event.producer,
        *contents_of(memory),
    )


def contents_of(memory: Memory) -> Row:
    """The values of a memory's columns from `content` on, in their order: what it says, and how good it is.

    Raises `RowRefused` as `row_of` does.
    """
    score, warnings = _assessed(memory)
    return (
        memory.content,
        memory.summary,
        json_of(memory.source_message_ids),
        json_of(memory.participants),
        json_of(memory.tags),
        memory.confidence,
        memory.extracted_at,
        json_of(memory.metadata),
        json_of(memory.emotional_context),
        json_of(memory.relationship_dynamics),
        score,
        json_of(warnings),
    )


def _assessed(memory: Memory) -> tuple[float, tuple[str, ...]]:
    try:
        return assess(memory)
    except TypeError as error:  # validation lets no such memory through; should another way in, it is a row like others
        raise RowRefused(f"the memory can't be assessed: {error}", error) from error


def json_of(document: Collection[object] | None) -> str | None:
    """The document as JSON text. Raises `RowRefused` where there is none of it."""
    if not document:  # as most are
        return None if document is None else "{}" if isinstance(document, dict) else "[]"
    try:
        return orjson.dumps(document).decode()
    except orjson.JSONEncodeError as error:
        raise RowRefused(f"no JSON can be made of a document: {error}", error) from error
