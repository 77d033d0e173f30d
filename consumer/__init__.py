"""A Kafka consumer for memory events: batched, validated, deduplicated, and exact across crashes.

What can be used without running it is imported when it is first asked for, so that a command that only complains
stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consumer.app.library import processor, reader
    from consumer.memory.asking import Criteria
    from consumer.memory.bonds import course_of
    from consumer.memory.model import MemoryEvent
    from consumer.memory.reports import (
        Report,
        validate_emotional_context,
        validate_event,
        validate_memory,
        validate_relationship,
    )
    from consumer.processing import BadEvent, Ended, Processor

__all__ = [
    "BadEvent",
    "Criteria",
    "Ended",
    "MemoryEvent",
    "Processor",
    "Report",
    "course_of",
    "processor",
    "reader",
    "validate_emotional_context",
    "validate_event",
    "validate_memory",
    "validate_relationship",
]

_HOMES = {
    "BadEvent": "consumer.processing",
    "Criteria": "consumer.memory.asking",
    "Ended": "consumer.processing",
    "MemoryEvent": "consumer.memory.model",
    "Processor": "consumer.processing",
    "course_of": "consumer.memory.bonds",
    "processor": "consumer.app.library",
    "reader": "consumer.app.library",
}
"""Where to find what is not in `consumer.memory.reports`."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "consumer.memory.reports")), name)
