"""Events as bytes of the wire, by fastavro and the published schema alone: what any publisher would send.

Takes field values that break the rules too, as long as Avro can say them.
"""

import json
from collections.abc import Iterable
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

from consumer.memory.model import Memory, MemoryEvent

SCHEMA_ID = 1
SCHEMA = Path(__file__).parent.parent / "schemas" / f"memory_event.{SCHEMA_ID}.avsc"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Fields = dict[str, Any]


def encode(event: MemoryEvent) -> bytes:
    """The event as the value of a record."""
    return encode_fields(fields_of(event))


def encode_fields(fields: Fields) -> bytes:
    """Any values that fit the schema's types, framed."""
    return framed(body(fields))


def body(fields: Fields) -> bytes:
    """The Avro bytes alone, without their frame."""
    out = BytesIO()
    fastavro.schemaless_writer(out, _schema(), fields)
    return out.getvalue()


def framed(payload: bytes, schema_id: int = SCHEMA_ID) -> bytes:
    """Confluent's framing: a zero byte, the schema's id in four bytes, the payload."""
    return b"\x00" + schema_id.to_bytes(4, "big") + payload


def fields_of(event: MemoryEvent) -> Fields:
    """The event as Avro has it: the id as text, moments in microseconds. Shares its nested documents with the event."""
    fields = _shallow(event)
    fields["event_id"] = str(event.event_id)
    fields["occurred_at"] = micros(event.occurred_at)
    if event.memory is not None:
        fields["memory"] = _shallow(event.memory)
        if event.memory.extracted_at is not None:
            fields["memory"]["extracted_at"] = micros(event.memory.extracted_at)
    return fields


def micros(moment: datetime) -> int:
    """Microseconds since the epoch, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _shallow(instance: MemoryEvent | Memory) -> Fields:
    return {field.name: getattr(instance, field.name) for field in dataclass_fields(instance)}


@cache
def _schema() -> Any:
    return fastavro.parse_schema(_without_logical_types(json.loads(SCHEMA.read_text(encoding="utf-8"))))


def _without_logical_types(node: Any) -> Any:
    """With them, fastavro would refuse to write a moment past the year 9999."""
    if isinstance(node, dict):
        return {name: _without_logical_types(value) for name, value in node.items() if name != "logicalType"}
    if isinstance(node, str) or not isinstance(node, Iterable):
        return node
    return [_without_logical_types(item) for item in node]
