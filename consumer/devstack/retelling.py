"""Made-up events of which some tell of one thing: the same words, nearly the same, more or less alike, the opposite."""

import random
from dataclasses import replace

from consumer.devstack.sample_events import memory_of
from consumer.memory.model import MemoryEvent

_SHARE = 0.15


def retold(event: MemoryEvent) -> MemoryEvent:
    """The event, or, for some, one in which its owner tells again what everybody has told of once. The same event comes
    out the same each time."""
    chance = random.Random(event.event_id.int)
    if event.memory is None or chance.random() >= _SHARE:
        return event
    first = memory_of(random.Random(f"what {event.memory.owner_id} tells again"), event.memory.owner_id)
    again = replace(
        event.memory,
        content=_told(chance, first.content),
        source_message_ids=first.source_message_ids,
        participants=first.participants,
        emotional_context=chance.choice((first, first, event.memory)).emotional_context,
        relationship_dynamics=first.relationship_dynamics,
    )
    return replace(event, memory=again)


def _told(chance: random.Random, content: str) -> str:
    words = content.split()
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
        words[chance.randrange(len(words))] = chance.choice(("quietly", "then", "once", "again"))
    way = chance.randrange(8)
    return f"{' '.join(words)} {'Not' if way == 0 else ''}".upper() if way < 2 else " ".join(words)
