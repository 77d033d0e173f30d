"""A raw event with every part in use, changed at will, and hypothesis's own events."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from consumer.memory.model import (
    CommunicationPattern,
    Duration,
    DynamicKind,
    Emotion,
    InteractionQuality,
    Memory,
    MemoryEvent,
    Role,
    Theme,
)
from consumer.memory.raw_form import Raw

_FULL: Raw = {
    "event_id": "5f3c4d9e-8b1a-4c7d-9e2f-0a1b2c3d4e5f",
    "event_type": "CREATED",
    "memory_id": "m-1",
    "occurred_at": 1_735_689_600_250_000,
    "producer": "diary",
    "memory": {
        "owner_id": "o-1",
        "content": "We talked about the deadline over lunch.",
        "summary": "A talk",
        "source_message_ids": ["msg-2", "msg-1"],
        "participants": [
            {"id": "p1", "name": "Ann", "role": "friend"},
            {"id": "p2", "name": None, "role": "self"},
        ],
        "tags": ["work", "lunch"],
        "confidence": 0.9,
        "extracted_at": 1_735_689_700_000_000,
        "metadata": {"channel": "chat"},
        "emotional_context": {
            "primary_emotion": "joy",
            "secondary_emotions": ["trust"],
            "intensity": 0.5,
            "valence": -0.25,
            "themes": ["growth"],
            "markers": ["over lunch"],
            "temporal": {"is_building": True, "is_resolving": False, "expected_duration": "long_term"},
        },
        "relationship_dynamics": {
            "communication_pattern": "open",
            "interaction_quality": "positive",
            "connection_strength": 0.75,
            "is_balanced": True,
            "concerning_patterns": ["interrupts"],
            "participant_dynamics": [{"participants": ["p1", "p2"], "kind": "supportive"}],
        },
    },
}


def full() -> Raw:
    """The whole event, yours to change."""
    return deepcopy(_FULL)


def raw_with(changes: dict[str, Any]) -> Raw:
    """The event with other values at these paths: `{"memory.participants.0.role": "self"}`."""
    raw = full()
    for path, value in changes.items():
        *outer, last = path.split(".")
        place: Any = raw
        for step in outer:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value
    return raw


def raw_without(path: str) -> Raw:
    """The event without that field."""
    raw = full()
    *outer, last = path.split(".")
    place: Any = raw
    for step in outer:
        place = place[step]
    del place[last]
    return raw


_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_texts = st.text(_characters, max_size=20)
_identifiers = st.text(_characters, min_size=1, max_size=20).filter(str.strip)
_shares = st.floats(0, 1)
_moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


def _one_of(symbols: object) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(symbols))


_emotions: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "primary_emotion": _one_of(Emotion),
        "secondary_emotions": st.lists(_one_of(Emotion), max_size=3),
        "intensity": _shares,
        "valence": st.floats(-1, 1),
        "themes": st.lists(_one_of(Theme), max_size=3),
        "markers": st.lists(_texts, max_size=2),
        "temporal": st.none()
        | st.fixed_dictionaries(
            {
                "is_building": st.booleans(),
                "is_resolving": st.booleans(),
                "expected_duration": _one_of(Duration),
            }
        ),
    }
)


def _relationships(known: list[str]) -> st.SearchStrategy[Any]:
    pairs = st.permutations(known).map(lambda order: order[:2])
    dynamic = st.fixed_dictionaries({"participants": pairs, "kind": _one_of(DynamicKind)})
    return st.fixed_dictionaries(
        {
            "communication_pattern": _one_of(CommunicationPattern),
            "interaction_quality": _one_of(InteractionQuality),
            "connection_strength": _shares,
            "is_balanced": st.booleans(),
            "concerning_patterns": st.lists(_texts, max_size=2),
            "participant_dynamics": st.lists(dynamic, max_size=2 if len(known) > 1 else 0),
        }
    )


@st.composite
def _memories(draw: st.DrawFn) -> Memory:
    ids = draw(st.lists(_identifiers, unique=True, max_size=3))
    return Memory(
        owner_id=draw(_identifiers),
        content=draw(st.text(_characters, min_size=1, max_size=50)),
        summary=draw(st.none() | _texts),
        source_message_ids=draw(st.lists(_texts, max_size=3)),
        participants=[{"id": each, "name": draw(st.none() | _texts), "role": draw(_one_of(Role))} for each in ids],
        tags=draw(st.lists(st.text(_characters, min_size=1, max_size=50), max_size=3)),
        confidence=draw(_shares),
        extracted_at=draw(st.none() | _moments),
        metadata=draw(st.dictionaries(_texts, _texts, max_size=3)),
        emotional_context=draw(st.none() | _emotions),
        relationship_dynamics=draw(st.none() | _relationships(ids)),
    )


@st.composite
def memory_events(draw: st.DrawFn) -> MemoryEvent:
    """Any valid event."""
    memory = draw(st.none() | _memories())
    kind = "DELETED" if memory is None else draw(st.sampled_from(["CREATED", "UPDATED"]))
    moment = draw(_moments) + timedelta(microseconds=draw(st.integers(0, 999_999)))
    return MemoryEvent(draw(st.uuids()), kind, draw(_identifiers), moment, draw(_identifiers), memory)  # type: ignore[arg-type]
