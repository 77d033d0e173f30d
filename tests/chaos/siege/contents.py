"""What the bytes of a valid record say, by fastavro and the published schema. Imports nothing of the consumer."""

import json
import unicodedata
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

SCHEMA = Path(__file__).parents[3] / "schemas" / "memory_event.1.avsc"
FRAME_BYTES = 5

Event = dict[str, Any]

MEMORY_COLUMNS = (
    *("owner_id", "occurred_at", "is_deleted", "producer", "content", "summary", "source_message_ids", "participants"),
    *("tags", "confidence", "extracted_at", "metadata", "emotional_context", "relationship_dynamics"),
)
_OF_THE_MEMORY = (*MEMORY_COLUMNS[:1], *MEMORY_COLUMNS[4:])


def event_in(value: bytes | None) -> Event:
    """The event that a record holds."""
    assert value is not None
    event: Any = fastavro.schemaless_reader(BytesIO(value[FRAME_BYTES:]), _schema(), None)
    return dict(event)


def memory_row(event: Event) -> tuple[Any, ...]:
    """`MEMORY_COLUMNS` as they have to be after the event: of a deleted memory nothing is left but the time."""
    memory = event["memory"]
    if memory is None:
        return (None, event["occurred_at"], True) + (None,) * (len(MEMORY_COLUMNS) - 3)
    owner, *rest = (memory[name] for name in _OF_THE_MEMORY)
    return (owner, event["occurred_at"], False, event["producer"], *rest)


def canonical(text: str) -> str:
    """The text as it counts when two are compared: case and spaces do not matter."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(folded.split())


def saying(event: Event) -> tuple[Any, ...]:
    """What two memories have in common that say the same: owner, text, people, sources."""
    memory = event["memory"]
    people = frozenset(person["id"] for person in memory["participants"])
    return (memory["owner_id"], canonical(memory["content"]), people, frozenset(memory["source_message_ids"]))


@cache
def _schema() -> Any:
    return fastavro.parse_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))
