"""An event as a row of the staging table."""

from typing import Any

import orjson

from consumer.isolation import RowRefused
from consumer.memory.model import MemoryEvent
from consumer.memory.quality import assess

Row = tuple[Any, ...]


def row_of(seq: int, event: MemoryEvent) -> Row:
    """The values of `tables.staged`, in its order; documents as JSON text. A deletion keeps nothing but its time.

    Raises `RowRefused` where a document can't be written as JSON.
    """
    memory = event.memory
    if memory is None:
        return (seq, event.event_id, event.memory_id, None, event.occurred_at, True) + (None,) * 13
    score, warnings = assess(memory)
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


def _json(document: object) -> str | None:
    if document is None:
        return None
    try:
        return orjson.dumps(document).decode()
    except orjson.JSONEncodeError as error:
        raise RowRefused(f"no JSON can be made of a document: {error}", error) from error
