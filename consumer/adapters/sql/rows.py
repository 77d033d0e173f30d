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
    score, warnings = _assessed(memory)
    return (
        seq,
        event.event_id,
        event.memory_id,
        memory.owner_id,
        event.occurred_at,
        False,
        event.producer,
        memory.content,
        memory.summary,
        _json(memory.source_message_ids),
        _json(memory.participants),
        _json(memory.tags),
        memory.confidence,
        memory.extracted_at,
        _json(memory.metadata),
        _json(memory.emotional_context),
        _json(memory.relationship_dynamics),
        score,
        _json(warnings),
    )


def _assessed(memory: Memory) -> tuple[float, tuple[str, ...]]:
    try:
        return assess(memory)
    except TypeError as error:  # validation lets no such memory through; should another way in, it is a row like others
        raise RowRefused(f"the memory can't be assessed: {error}", error) from error


def _json(document: Collection[object] | None) -> str | None:
    if not document:  # as most are
        return None if document is None else "{}" if isinstance(document, dict) else "[]"
    try:
        return orjson.dumps(document).decode()
    except orjson.JSONEncodeError as error:
        raise RowRefused(f"no JSON can be made of a document: {error}", error) from error
