"""Events made alike, so that clusters form: the same contents, near-same ones, and some that are like nothing."""

import random
from dataclasses import replace
from functools import cache

from consumer.memory.model import Memory, MemoryEvent, Participant

OWNERS = 20
STORIES = 100
"""Of an owner. Some are told much more often than others."""

WORDS = 10
_SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "ru", "sa", "te", "vi", "wo", "zu")


def retold(event: MemoryEvent) -> MemoryEvent:
    """The event with another owner, text, people and sources; always the same for the same event id and owner.

    A memory keeps its owner through all its events. A deletion stays as it is.
    """
    if event.memory is None:
        return event
    chance = random.Random(event.event_id.int)
    owner = int(event.memory.owner_id.rpartition("-")[2]) % OWNERS
    return replace(event, memory=_retold(chance, event.memory, owner, int(STORIES * chance.random() ** 2)))


def _retold(chance: random.Random, memory: Memory, owner: int, story: int) -> Memory:
    content, source = _told(chance, _story(owner, story)), f"{owner}-{story}"
    if chance.random() < 0.1:
        content, source = _sentence(chance), f"{chance.getrandbits(48):x}"
    owner_id, friend_id = f"owner-{owner}", f"friend-{owner}-{story}"
    return replace(
        memory,
        owner_id=owner_id,
        content=content,
        # Nobody else has these words: they show where they must not be.
        summary=memory.summary and f"{memory.summary} {chance.getrandbits(64):x}",
        source_message_ids=[source],
        participants=[_person(owner_id), _person(friend_id)],
        relationship_dynamics=None,
    )


def _told(chance: random.Random, words: tuple[str, ...]) -> str:
    """A story as it is told: as it was, in another case, with words left out, replaced, or denied."""
    (changes,) = chance.choices((_as_it_was, _louder, _shorter, _altered, _altered_twice, _denied), (6, 3, 3, 4, 2, 1))
    return changes(chance, list(words))


def _as_it_was(_: random.Random, words: list[str]) -> str:
    return " ".join(words)


def _louder(_: random.Random, words: list[str]) -> str:
    return f" {'  '.join(words).upper()}\n"


def _shorter(chance: random.Random, words: list[str]) -> str:
    del words[chance.randrange(len(words))]
    return " ".join(words)


def _altered(chance: random.Random, words: list[str]) -> str:
    words[chance.randrange(len(words))] = chance.choice(_SYLLABLES)
    return " ".join(words)


def _altered_twice(chance: random.Random, words: list[str]) -> str:
    return _altered(chance, _altered(chance, words).split())


def _denied(_: random.Random, words: list[str]) -> str:
    return " ".join(["not", *words])


@cache
def _story(owner: int, number: int) -> tuple[str, ...]:
    return tuple(_sentence(random.Random(owner * STORIES + number)).split())


def _sentence(chance: random.Random) -> str:
    return " ".join("".join(chance.choices(_SYLLABLES, k=3)) for _ in range(WORDS))


def _person(participant_id: str) -> Participant:
    return {"id": participant_id, "name": None, "role": "other"}
