"""A Kafka consumer for memory events: batched, validated, deduplicated, and exact across crashes.

What can be used without running it is imported when it is first asked for, so that a command that only complains
stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consumer.memory.reports import (
        Report,
        validate_emotional_context,
        validate_event,
        validate_memory,
        validate_relationship,
    )

__all__ = ["Report", "validate_emotional_context", "validate_event", "validate_memory", "validate_relationship"]

_HOMES = dict.fromkeys(__all__, "consumer.memory.reports")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
