"""Which event of a memory wins. Pure.

Events carry the full state, so the last one is all that counts: the higher `occurred_at` wins; on a tie, the one read
later. A deletion always wins, whatever its time, and is final: people ask for erasure. What is on the wire as CREATED
or UPDATED makes no difference: a memory is created when it is not there, and updated when it is.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from consumer.memory.model import MemoryEvent


class State(NamedTuple):
    """What the store has of a memory. A deleted one keeps its id and the time of its deletion, nothing else."""

    owner_id: str | None
    occurred_at: datetime
    is_deleted: bool


class Verdict(StrEnum):
    """What an event does to its memory."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    OVERTAKEN = "overtaken"
    OWNER_CHANGED = "owner_changed"


APPLIED = frozenset({Verdict.CREATED, Verdict.UPDATED, Verdict.DELETED})


def decide(state: State | None, event: MemoryEvent) -> Verdict:
    """What the event does to a memory in that state."""
    if state is not None and state.is_deleted:
        return Verdict.OVERTAKEN
    if event.memory is None:
        return Verdict.DELETED
    if state is None:
        return Verdict.CREATED
    if event.memory.owner_id != state.owner_id:
        return Verdict.OWNER_CHANGED
    return Verdict.OVERTAKEN if event.occurred_at < state.occurred_at else Verdict.UPDATED


def after(event: MemoryEvent) -> State:
    """The memory's state once the event is applied."""
    owner_id = None if event.memory is None else event.memory.owner_id
    return State(owner_id, event.occurred_at, is_deleted=event.memory is None)
