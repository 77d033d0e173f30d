"""Members as tests tell them."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import strategies as st

from consumer.memory.merging.members import Member
from consumer.memory.model import DynamicKind, Emotion, EmotionalContext, Memory, RelationshipDynamics, Theme
from tests.stories import NOON


def memory(
    content: str = "We walked along the river.",
    *,
    owner: str = "ann",
    sources: Sequence[str] = (),
    people: Sequence[str] = (),
    confidence: float = 0.5,
    feeling: EmotionalContext | None = None,
    summary: str | None = None,
    tags: Sequence[str] = (),
    metadata: dict[str, str] | None = None,
) -> Memory:
    """A memory of which only what is named matters."""
    return Memory(
        owner_id=owner,
        content=content,
        summary=summary,
        source_message_ids=list(sources),
        participants=[{"id": person, "name": None, "role": "other"} for person in people],
        tags=list(tags),
        confidence=confidence,
        extracted_at=None,
        metadata=dict(metadata or {}),
        emotional_context=feeling,
        relationship_dynamics=None,
    )


def member(name: str, told: Memory, *, minute: int = 0) -> Member:
    """The memory under an id, at so many minutes after noon."""
    return Member(name, NOON + timedelta(minutes=minute), told)


def feeling(
    primary: Emotion, *, intensity: float = 0.5, valence: float = 0.0, themes: Sequence[Theme] = ()
) -> EmotionalContext:
    """An emotional context."""
    return {
        "primary_emotion": primary,
        "secondary_emotions": [],
        "intensity": intensity,
        "valence": valence,
        "themes": list(themes),
        "markers": [],
        "temporal": None,
    }


def bond(strength: float, *pair: str, kind: DynamicKind = "supportive") -> RelationshipDynamics:
    """A relationship; what is left out is what it may be. `pair`: two ids, or none."""
    return {
        "communication_pattern": "open",
        "interaction_quality": "positive",
        "connection_strength": strength,
        "is_balanced": True,
        "concerning_patterns": [],
        "participant_dynamics": [{"participants": list(pair), "kind": kind}] if pair else [],
    }


def memories() -> st.SearchStrategy[Memory]:
    """Memories out of few words, sources and people, so that they resemble one another."""
    words = st.sampled_from(
        ["we", "walked", "talked", "not", "never", "river", "deadline", "ÉTÉ", "été", "straße", "!"]
    )
    few = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)
    shares = st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0])
    feelings = st.builds(
        feeling,
        st.sampled_from(["joy", "sadness", "anger"]),
        intensity=shares,
        valence=shares,
        themes=st.lists(st.sampled_from(["growth", "grief"]), max_size=2, unique=True),
    )
    return st.builds(
        memory,
        st.lists(words, max_size=7).map(" ".join),
        sources=few,
        people=few.map(lambda names: sorted(set(names))),
        confidence=shares,
        feeling=st.none() | feelings,
        summary=st.none() | st.sampled_from(["short", "a longer one"]),
        tags=few,
        metadata=st.dictionaries(st.sampled_from(["k", "l"]), st.sampled_from(["v", "w"])),
    )
