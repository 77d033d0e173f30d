"""What may be doubtful about a memory that breaks no rule, in words. It is stored all the same."""

from typing import NamedTuple

COMPLETENESS = "completeness"
CONSISTENCY = "consistency"
CONFIDENCE = "confidence"
"""What a memory's quality consists of."""


class Caution(NamedTuple):
    """The words for one kind of warning. `component`: what of the quality suffers; None where nothing does."""

    code: str
    path: str
    component: str | None
    message: str
    advice: str


LOW_CONFIDENCE = Caution(
    "low_confidence",
    "memory.confidence",
    CONFIDENCE,
    "is below 0.5",
    "Have the memory confirmed, or extract it anew.",
)
SHORT_CONTENT = Caution(
    "short_content",
    "memory.content",
    COMPLETENESS,
    "has fewer than 10 characters",
    "Send enough of the text to be understood by itself.",
)
NO_TAGS = Caution("no_tags", "memory.tags", COMPLETENESS, "is empty", "Tag the memory, so that it is found.")
NO_THEMES = Caution(
    "no_themes",
    "memory.emotional_context.themes",
    COMPLETENESS,
    "is empty, or there is no emotional context",
    "Name what the memory is about, so that it is found.",
)
REPEATED_PARTICIPANT = Caution(
    "repeated_participant",
    "memory.participants",
    CONSISTENCY,
    "has two entries with one id",
    "Send each participant once.",
)
INTENSE_BUT_FLAT = Caution(
    "intense_but_flat",
    "memory.emotional_context.valence",
    CONSISTENCY,
    "is nearer to 0 than 0.3, while the intensity is above 0.8",
    "Look at both: what is felt so strongly is seldom neither pleasant nor unpleasant.",
)
VALENCE_AGAINST_EMOTION = Caution(
    "valence_against_emotion",
    "memory.emotional_context.valence",
    CONSISTENCY,
    "has the sign opposite to that of the primary emotion",
    "Look at both: a pleasant emotion has a valence above 0, an unpleasant one below.",
)
CONCERNING_PATTERNS = Caution(
    "concerning_patterns",
    "memory.relationship_dynamics.concerning_patterns",
    None,
    "is not empty",
    "Have a person look at it: this is about the people, not about the record.",
)
WEAK_BUT_POSITIVE = Caution(
    "weak_but_positive",
    "memory.relationship_dynamics.connection_strength",
    CONSISTENCY,
    "is below 0.3, while the interaction is positive",
    "Look at both: a good interaction seldom goes with so weak a connection.",
)
PAIR_DISAGREES = Caution(
    "pair_disagrees",
    "memory.relationship_dynamics.participant_dynamics",
    CONSISTENCY,
    "has one pair under different kinds",
    "Send each pair once; complex is a kind, too.",
)

CAUTIONS = {
    each.code: each
    for each in (
        LOW_CONFIDENCE,
        SHORT_CONTENT,
        NO_TAGS,
        NO_THEMES,
        REPEATED_PARTICIPANT,
        INTENSE_BUT_FLAT,
        VALENCE_AGAINST_EMOTION,
        CONCERNING_PATTERNS,
        WEAK_BUT_POSITIVE,
        PAIR_DISAGREES,
    )
}
"""All of them, by their codes."""
