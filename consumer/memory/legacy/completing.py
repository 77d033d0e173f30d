"""A draft made whole: defaults for what it lacks, and ids that follow from what the old record says."""

from copy import copy
from typing import Any
from uuid import UUID, uuid5

from consumer.memory.json_form import part_of_event
from consumer.memory.legacy.form import Draft, Form
from consumer.memory.legacy.shapes import compact
from consumer.memory.raw_form import Raw
from consumer.memory.shapes import NO_DEFAULT, record_in

NAMESPACE = UUID("2d0d8f43-5a0c-5d0b-9c53-5a4d9b0f7c1e")
"""Of the ids that are derived from old records."""


def completed(form: Form, draft: Draft, event_id: UUID | None) -> Raw:
    """The draft as a whole event. One that is not to be used needs no id."""
    return {
        "event_id": str(event_id or NAMESPACE),
        "event_type": "CREATED",
        "memory_id": draft.memory_id,
        "occurred_at": draft.occurred_at,
        "producer": f"legacy-{form.name}",
        "memory": {**defaults("memory"), "owner_id": draft.owner_id, **draft.memory},
    }


def defaults(*names: str) -> Raw:
    """The defaults of a part of an event, yours to change: `defaults("memory", "emotional_context")`."""
    fields = record_in(part_of_event(*names)).fields
    return {name: copy(field.default) for name, field in fields.items() if field.default is not NO_DEFAULT}


def event_id(form: Form, draft: Draft, record: Any) -> UUID:
    """Follows from the record and the owner, so that a repetition is known as one.

    Not from the time: a record that has none may be given another when it is sent again.
    """
    return _derived("event", form.name, draft.memory_id, draft.owner_id, record)


def memory_id(form_name: str, owner_id: str | None, text: str | None) -> str:
    """The id of a memory that had none. Another owner's memory of the same text is another."""
    return str(_derived("memory", form_name, owner_id, text))


def _derived(*of: object) -> UUID:
    return uuid5(NAMESPACE, compact(of))
