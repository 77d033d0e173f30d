"""The view that a reader sees of several memories that tell of one thing. Pure.

It depends on the set of members alone, never on the order in which they came, but for the wording of what says the
same: members are taken by time of occurrence, then by id, and the oldest leads. Members that are equal to the oldest
add nothing; every other is folded in, field by field, though it equal a younger one, or a person have taken it for one
with the oldest:

- content, id, time of occurrence and of extraction: the oldest member's
- sources, participants, tags, secondary emotions, themes, markers: unions, the older first, up to a limit
- confidence: the highest
- summary: that of the most confident; at equal confidence the longer
- intensity, valence: means weighted by confidence, plain where all confidence is zero
- primary emotion: the side that is more confident by 0.3, else the one with half again as many distinct sources, else
  the oldest member's, and a conflict for a person to look at
- metadata: union, up to a limit; where values differ, the older under its key, the other under `key@memory_id`
- relationship: that of the most confident, else the oldest
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Band, Bands, similarity
from consumer.memory.merging.unions import metadata_of, texts_of
from consumer.memory.model import Emotion, EmotionalContext, Memory, Participant, RelationshipDynamics

MOST_PARTICIPANTS = 50
MOST_TAGS = 20

CLEARLY_MORE_CONFIDENT = 0.3
CLEARLY_MORE_SOURCES = 1.5

T = TypeVar("T")


class Dispute(NamedTuple):
    """A field of the view that a person should look at, and the member that is in the way: the first with whom a union
    is over its limit, or the younger of the oldest two whose primary emotions stand against each other. Never the
    oldest of all."""

    field: str
    oldest: Member
    other: Member


class View(NamedTuple):
    """What a reader sees."""

    memory_id: str
    occurred_at: datetime
    memory: Memory
    disputes: tuple[Dispute, ...] = ()

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The names of the fields that a person should look at."""
        return tuple(dict.fromkeys(dispute.field for dispute in self.disputes))


def fold(members: Iterable[Member], bands: Bands) -> View:
    """The view of at least one member. `bands` say who is equal to the oldest."""
    oldest, *others = sorted(members, key=lambda member: member.age)
    telling = [oldest, *(each for each in others if not _are_equal(each, oldest, bands))]
    if len(telling) == 1:
        return View(oldest.memory_id, oldest.occurred_at, oldest.memory)
    return _folded(telling)


def _are_equal(one: Member, other: Member, bands: Bands) -> bool:
    score = similarity(one.traits, other.traits)
    return bands.of(one.traits, other.traits, score) is Band.EQUAL


def changed_fields(before: Memory, after: Memory) -> list[str]:
    """The names of the fields in which two memories differ."""
    return [name for name in Memory.__slots__ if getattr(before, name) != getattr(after, name)]


def _folded(telling: Sequence[Member]) -> View:
    oldest, memories = telling[0], [member.memory for member in telling]
    participants = _people(memories)
    tags = _union(memory.tags for memory in memories)
    sources, metadata = texts_of(telling, lambda memory: memory.source_message_ids), metadata_of(telling)
    markers = texts_of(telling, _markers)
    feeling, opponents = _feeling(telling, markers.texts)
    too_much = {"source_message_ids": sources.over, "metadata": metadata.over, "markers": markers.over}
    disputes = [
        *(Dispute("participants", oldest, each) for each in _first_over(MOST_PARTICIPANTS, telling, _ids_of_people)),
        *(Dispute("tags", oldest, each) for each in _first_over(MOST_TAGS, telling, lambda memory: memory.tags)),
        *(Dispute(field, oldest, each) for field, each in too_much.items() if each),
        *(Dispute("primary_emotion", oldest, each) for each in opponents),
    ]
    view = replace(
        oldest.memory,
        summary=_summary(memories),
        source_message_ids=sources.texts,
        participants=participants[:MOST_PARTICIPANTS],
        tags=tags[:MOST_TAGS],
        confidence=max(memory.confidence for memory in memories),
        metadata=metadata.pairs,
        emotional_context=feeling,
        relationship_dynamics=_among(
            participants[:MOST_PARTICIPANTS], _most_confident(memories, lambda memory: memory.relationship_dynamics)
        ),
    )
    return View(oldest.memory_id, oldest.occurred_at, view, tuple(disputes))


def _union(lists: Iterable[Iterable[T]], key: Callable[[T], Hashable] = lambda item: item) -> list[T]:
    """Every item once, the older first."""
    found: dict[Hashable, T] = {}
    for items in lists:
        for item in items:
            found.setdefault(key(item), item)
    return list(found.values())


def _first_over(most: int, telling: Sequence[Member], part: Callable[[Memory], Iterable[Hashable]]) -> Iterator[Member]:
    """The first with whom there are more than so many of the part, if there are."""
    found: set[Hashable] = set()
    for member in telling:
        found.update(part(member.memory))
        if len(found) > most and member is not telling[0]:
            yield member
            return


def _ids_of_people(memory: Memory) -> list[str]:
    return [participant["id"] for participant in memory.participants]


def _people(memories: Sequence[Memory]) -> list[Participant]:
    return _union((memory.participants for memory in memories), key=lambda participant: participant["id"])


def _summary(memories: Sequence[Memory]) -> str | None:
    told = [(memory.confidence, len(memory.summary), memory.summary) for memory in memories if memory.summary]
    return max(told, key=lambda each: each[:2])[2] if told else None


def _among(people: Collection[Participant], dynamics: RelationshipDynamics | None) -> RelationshipDynamics | None:
    """The relationship without pairs of people who were cut off."""
    if dynamics is None:
        return None
    ids = {person["id"] for person in people}
    pairs = [pair for pair in dynamics["participant_dynamics"] if ids.issuperset(pair["participants"])]
    return {**dynamics, "participant_dynamics": pairs}


def _most_confident(memories: Sequence[Memory], part: Callable[[Memory], T | None]) -> T | None:
    """That part of the most confident memory that has it; of equals, the oldest."""
    having = [memory for memory in memories if part(memory) is not None]
    return part(max(having, key=lambda memory: memory.confidence)) if having else None


def _markers(memory: Memory) -> list[str]:
    return memory.emotional_context["markers"] if memory.emotional_context else []


def _feeling(telling: Sequence[Member], markers: list[str]) -> tuple[EmotionalContext | None, list[Member]]:
    """What was felt, and who disputes its primary emotion."""
    felt = [(context, member) for member in telling if (context := member.memory.emotional_context) is not None]
    if not felt:
        return None, []
    contexts = [context for context, _ in felt]
    weights = [member.memory.confidence for _, member in felt]
    primary, opponents = _primary([(context["primary_emotion"], member) for context, member in felt])
    secondary = _union(context["secondary_emotions"] for context in contexts)
    temporal = next((context["temporal"] for context in contexts if context["temporal"] is not None), None)
    feeling = EmotionalContext(
        primary_emotion=primary,
        secondary_emotions=[emotion for emotion in secondary if emotion != primary],
        intensity=_mean([context["intensity"] for context in contexts], weights),
        valence=_mean([context["valence"] for context in contexts], weights),
        themes=_union(context["themes"] for context in contexts),
        markers=markers,
        temporal=temporal,
    )
    return feeling, opponents


class _Side(NamedTuple):
    """Those who name one emotion."""

    emotion: Emotion
    oldest: Member
    confidence: float
    sources: int


def _primary(named: Sequence[tuple[Emotion, Member]]) -> tuple[Emotion, list[Member]]:
    """The oldest member's emotion, unless another side is clearly stronger; and of each side that stands undecided
    against it, the younger of the two sides' oldest."""
    sides = [_side(emotion, named) for emotion in _union([emotion] for emotion, _ in named)]
    leading = sides[0]
    for side in sides[1:]:
        if _is_stronger(side, leading):
            leading = side
    undecided = [side for side in sides if side is not leading and not _is_stronger(leading, side)]
    return leading.emotion, [max(leading.oldest, side.oldest, key=lambda member: member.age) for side in undecided]


def _side(emotion: Emotion, named: Sequence[tuple[Emotion, Member]]) -> _Side:
    theirs = [member for name, member in named if name == emotion]
    sources = {source for member in theirs for source in member.memory.source_message_ids}
    return _Side(emotion, theirs[0], max(member.memory.confidence for member in theirs), len(sources))


def _is_stronger(one: _Side, other: _Side) -> bool:
    """Confidence decides first; sources only where it does not."""
    difference = round(one.confidence - other.confidence, 9)
    if abs(difference) >= CLEARLY_MORE_CONFIDENT:
        return difference > 0
    return one.sources > 0 and one.sources >= CLEARLY_MORE_SOURCES * other.sources


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Weighted; plain where all weights are zero. Never outside the values, whatever rounding does."""
    total = sum(weights)
    mean = (
        sum(value * weight for value, weight in zip(values, weights, strict=True)) / total
        if total
        else sum(values) / len(values)
    )
    return min(max(values), max(min(values), mean))
