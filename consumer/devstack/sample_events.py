"""Made-up memory events, the same ones for the same seed: people, what they went through, and what they felt.

About 320 bytes each in Avro, with every nested part in use.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

from consumer.memory.model import (
    Duration,
    DynamicKind,
    Emotion,
    EmotionalContext,
    InteractionQuality,
    Memory,
    MemoryEvent,
    Participant,
    RelationshipDynamics,
    Role,
    Theme,
)

FIRST_MOMENT = datetime(2025, 1, 1, 8, tzinfo=UTC)

_OWNERS = 500
_OWNER = "owner-"
_NAMES = (
    "Amina",
    "Bruno",
    "Chidi",
    "Dana",
    "Elif",
    "Farid",
    "Greta",
    "Hana",
    "Ivo",
    "Jun",
    "Kofi",
    "Lena",
    "Mateo",
    "Noor",
)
_DEEDS = (
    "walked home with",
    "had a long talk with",
    "cooked for",
    "waited for",
    "quarrelled with",
    "laughed with",
    "wrote to",
)
_CAUSES = (
    "the move",
    "an old letter",
    "the exam",
    "her new job",
    "the garden",
    "a lost key",
    "the train strike",
    "his knee",
)
_ENDS = (
    "and it did me good",
    "and I still think of it",
    "but nothing was settled",
    "until it rained",
    "as we used to",
)
_TAGS = ("home", "work", "family", "health", "travel", "music", "money", "friends", "school", "food")
_ROLES = tuple(role for role in get_args(Role) if role != "self")
_UNPLEASANT = frozenset({"sadness", "anger", "fear", "disgust", "anxiety", "frustration"})


def events(count: int, seed: int = 1) -> Iterator[MemoryEvent]:
    """So many events, each the first of its own memory."""
    chance = random.Random(seed)
    return (created(chance, index) for index in range(count))


def created(chance: random.Random, index: int) -> MemoryEvent:
    """A new memory; a higher index means a later one."""
    return MemoryEvent(
        event_id=new_id(chance),
        event_type="CREATED",
        memory_id=f"m-{chance.getrandbits(48):012x}",
        occurred_at=FIRST_MOMENT + timedelta(seconds=index, microseconds=chance.randrange(1_000_000)),
        producer="diary",
        memory=memory_of(chance, f"{_OWNER}{chance.randrange(_OWNERS)}"),
    )


def updated(chance: random.Random, event: MemoryEvent, later: timedelta) -> MemoryEvent:
    """The event's memory in a new state; a negative `later` makes a state that comes too late to count."""
    if event.memory is None:
        raise ValueError("a deletion leaves no memory to update")
    memory = memory_of(chance, event.memory.owner_id)
    return MemoryEvent(new_id(chance), "UPDATED", event.memory_id, event.occurred_at + later, event.producer, memory)


def deleted(chance: random.Random, event: MemoryEvent, later: timedelta) -> MemoryEvent:
    """The end of the event's memory."""
    return MemoryEvent(new_id(chance), "DELETED", event.memory_id, event.occurred_at + later, event.producer, None)


def new_id(chance: random.Random) -> UUID:
    """A random UUID, but the same one for the same state of `chance`."""
    return UUID(int=chance.getrandbits(128), version=4)


def memory_of(chance: random.Random, owner_id: str) -> Memory:
    """What such an owner lived through with somebody."""
    name = chance.choice(_NAMES)
    friend_id = f"{name.lower()}-{owner_id.removeprefix(_OWNER)}"
    cause = chance.choice(_CAUSES)
    return Memory(
        owner_id=owner_id,
        content=f"I {chance.choice(_DEEDS)} {name} about {cause}, {chance.choice(_ENDS)}.",
        summary=f"{name} and {cause}" if chance.random() < 0.2 else None,
        source_message_ids=[f"{chance.getrandbits(32):08x}"],
        participants=[_participant(owner_id, None, "self"), _participant(friend_id, name, chance.choice(_ROLES))],
        tags=chance.sample(_TAGS, k=2),
        confidence=_share(chance),
        extracted_at=FIRST_MOMENT,
        metadata={"channel": chance.choice(("chat", "mail", "voice"))},
        emotional_context=_emotions(chance),
        relationship_dynamics=_relationship(chance, [owner_id, friend_id]),
    )


def _participant(participant_id: str, name: str | None, role: Role) -> Participant:
    return {"id": participant_id, "name": name, "role": role}


def _emotions(chance: random.Random) -> EmotionalContext:
    primary, secondary = chance.sample(get_args(Emotion), k=2)
    sign = -1 if primary in _UNPLEASANT else 1
    return {
        "primary_emotion": primary,
        "secondary_emotions": [secondary],
        "intensity": _share(chance),
        "valence": sign * _share(chance),
        "themes": [chance.choice(get_args(Theme))],
        "markers": ["as we used to"],
        "temporal": {
            "is_building": chance.random() < 0.5,
            "is_resolving": chance.random() < 0.5,
            "expected_duration": chance.choice(get_args(Duration)),
        },
    }


def _relationship(chance: random.Random, pair: list[str]) -> RelationshipDynamics:
    return {
        "communication_pattern": "open",
        "interaction_quality": chance.choice(get_args(InteractionQuality)),
        "connection_strength": _share(chance),
        "is_balanced": chance.random() < 0.7,
        "concerning_patterns": [],
        "participant_dynamics": [{"participants": pair, "kind": chance.choice(get_args(DynamicKind))}],
    }


def _share(chance: random.Random) -> float:
    return round(chance.random(), 2)
