"""How good a valid memory is: what is doubtful about it, and a score of 0 to 1. Pure.

The score is the mean of three components, each 0 to 1, which follow from the warnings and the confidence:

- completeness: the share of these that are there: a content of at least 10 characters, tags, themes
- consistency: the share of these that hold: no participant twice, no strong feeling without a valence, no valence
  against the primary emotion, no positive interaction over a weak connection, no pair under two kinds
- confidence: the memory's own

A memory that loses a warning, and gets no other for it, never scores lower than before. That concerning patterns are
present is told, and costs nothing: it says something of the people, not of the record.

Every event is assessed on its way into the database: no object is made for what is in order.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from statistics import fmean
from typing import NamedTuple

from consumer.memory.cautions import (
    CAUTIONS,
    COMPLETENESS,
    CONCERNING_PATTERNS,
    CONFIDENCE,
    CONSISTENCY,
    INTENSE_BUT_FLAT,
    LOW_CONFIDENCE,
    NO_TAGS,
    NO_THEMES,
    PAIR_DISAGREES,
    REPEATED_PARTICIPANT,
    SHORT_CONTENT,
    VALENCE_AGAINST_EMOTION,
    WEAK_BUT_POSITIVE,
)
from consumer.memory.model import EmotionalContext, Memory, ParticipantDynamic, RelationshipDynamics

UNSURE = 0.5
SHORT = 10
INTENSE = 0.8
FLAT = 0.3
WEAK = 0.3

PLEASANT = frozenset({"joy", "trust", "love", "excitement", "contentment"})
UNPLEASANT = frozenset({"sadness", "anger", "fear", "disgust", "anxiety", "frustration"})
"""Of surprise, anticipation and neutral nobody can say."""

DIGITS = 4
"""Of a score."""


class Quality(NamedTuple):
    """`warnings` are codes of `cautions.CAUTIONS`."""

    score: float
    warnings: tuple[str, ...]


def assess(memory: Memory) -> Quality:
    """The quality of a valid memory."""
    return _quality(warnings_of(memory), memory.confidence)


@lru_cache(maxsize=4_096)
def _quality(codes: tuple[str, ...], confidence: float) -> Quality:
    """Most memories have this in common with others."""
    return Quality(mean(components_of(codes, confidence)), codes)


def components_of(codes: Iterable[str], confidence: float | None, part: str = "") -> dict[str, float]:
    """What the score of a memory with these warnings consists of: each component by its name, 0 to 1.

    `part`: the path that what is assessed has in an event, where it is no whole memory; `confidence` is None of one
    that has none.
    """
    shares = _shares_kept(tuple(codes), part)
    return dict(shares) if confidence is None else {**shares, CONFIDENCE: confidence}


def mean(components: Mapping[str, float]) -> float:
    """The score that is made of these components."""
    return round(fmean(components.values()), DIGITS)


def warnings_of(memory: Memory) -> tuple[str, ...]:
    """The codes of what is doubtful about a valid memory, each once."""
    codes: list[str] = []
    if memory.confidence < UNSURE:
        codes.append(LOW_CONFIDENCE.code)
    if len(memory.content) < SHORT:
        codes.append(SHORT_CONTENT.code)
    if not memory.tags:
        codes.append(NO_TAGS.code)
    if len(people := memory.participants) > 1 and len({person["id"] for person in people}) < len(people):
        codes.append(REPEATED_PARTICIPANT.code)
    if (felt := memory.emotional_context) is None:
        codes.append(NO_THEMES.code)
    else:
        codes += warnings_of_feeling(felt)
    if (relationship := memory.relationship_dynamics) is not None:
        codes += warnings_of_relationship(relationship)
    return tuple(codes)


def warnings_of_feeling(felt: EmotionalContext) -> list[str]:
    """The same of an emotional context alone."""
    codes = [] if felt["themes"] else [NO_THEMES.code]
    valence, emotion = felt["valence"], felt["primary_emotion"]
    if felt["intensity"] > INTENSE and -FLAT < valence < FLAT:
        codes.append(INTENSE_BUT_FLAT.code)
    if (valence < 0 and emotion in PLEASANT) or (valence > 0 and emotion in UNPLEASANT):
        codes.append(VALENCE_AGAINST_EMOTION.code)
    return codes


def warnings_of_relationship(relationship: RelationshipDynamics) -> list[str]:
    """The same of relationship dynamics alone."""
    codes = [CONCERNING_PATTERNS.code] if relationship["concerning_patterns"] else []
    if relationship["connection_strength"] < WEAK and relationship["interaction_quality"] == "positive":
        codes.append(WEAK_BUT_POSITIVE.code)
    if len(relationship["participant_dynamics"]) > 1 and _disagree(relationship["participant_dynamics"]):
        codes.append(PAIR_DISAGREES.code)
    return codes


def _disagree(dynamics: Sequence[ParticipantDynamic]) -> bool:
    """Whether a pair, in whatever order, stands under two kinds."""
    kinds = {(frozenset(dynamic["participants"]), dynamic["kind"]) for dynamic in dynamics}
    return len({pair for pair, _ in kinds}) < len(kinds)


@cache
def _shares_kept(codes: tuple[str, ...], part: str) -> Mapping[str, float]:
    """Of each component, the share that is in order; of a part, only components that it can have."""
    rules = [each for each in CAUTIONS.values() if each.path.startswith(part)]
    asked = {name: [each.code for each in rules if each.component == name] for name in (COMPLETENESS, CONSISTENCY)}
    return {
        name: 1.0 - sum(code in codes for code in could_be) / len(could_be)
        for name, could_be in asked.items()
        if could_be
    }
