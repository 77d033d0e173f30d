"""The raw form of an event: plain dictionaries with Avro's field names, moments as microseconds, `event_id` as text.

It is what Avro decodes to and encodes from, and what `consumer.memory.validation` checks.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from consumer.memory.model import Memory, MemoryEvent
from consumer.memory.moments import to_micros

Raw = dict[str, Any]


def to_raw(event: MemoryEvent) -> Raw:
    """The event in its raw form. The documents nested in it are shared, not copied."""
    return document(event, to_micros)


def document(event: MemoryEvent, moment: Callable[[datetime], Any]) -> Raw:
    """The event as dictionaries, each moment converted as told."""
    return {
        "event_id": str(event.event_id),
        "event_type": event.event_type,
        "memory_id": event.memory_id,
        "occurred_at": moment(event.occurred_at),
        "producer": event.producer,
        "memory": None if event.memory is None else _memory(event.memory, moment),
    }


def _memory(memory: Memory, moment: Callable[[datetime], Any]) -> Raw:
    fields = {name: getattr(memory, name) for name in Memory.__dataclass_fields__}
    fields["extracted_at"] = None if memory.extracted_at is None else moment(memory.extracted_at)
    return fields
