"""What a memory event is.

The envelope and the memory are slotted dataclasses, because code reads their fields; the documents nested in a
memory are typed dictionaries, because they are stored as they came, and copying them would cost time for nothing.
The rules of each field stand beside it and are enforced by `consumer.memory.validation`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Ge, Le, Len
from pydantic import AllowInfNan, PlainValidator, Strict, StringConstraints
from typing_extensions import TypedDict

from consumer.memory.moments import from_micros

EventType = Literal["CREATED", "UPDATED", "DELETED"]

Role = Literal["self", "family", "friend", "partner", "colleague", "professional", "acquaintance", "other"]

Emotion = Literal[
    "joy",
    "sadness",
    "anger",
    "fear",
    "surprise",
    "disgust",
    "anticipation",
    "trust",
    "love",
    "anxiety",
    "excitement",
    "contentment",
    "frustration",
    "neutral",
]

Theme = Literal[
    "support",
    "conflict",
    "celebration",
    "grief",
    "stress",
    "growth",
    "connection",
    "isolation",
    "achievement",
    "uncertainty",
]

Duration = Literal["transient", "short_term", "long_term"]

CommunicationPattern = Literal[
    "open",
    "avoidant",
    "aggressive",
    "passive_aggressive",
    "supportive",
    "formal",
    "playful",
    "intimate",
]

InteractionQuality = Literal["positive", "neutral", "strained", "negative", "mixed"]

DynamicKind = Literal["supportive", "conflictual", "neutral", "complex"]

# PostgreSQL can't hold the NUL character in a text, so no text has one, whatever it is stored in.
NO_NUL = r"^[^\x00]*$"
NO_NUL_NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"

Text = Annotated[str, StringConstraints(strict=True, pattern=NO_NUL)]
Content = Annotated[str, StringConstraints(strict=True, pattern=NO_NUL, min_length=1, max_length=50_000)]
Tag = Annotated[str, StringConstraints(strict=True, pattern=NO_NUL, min_length=1, max_length=50)]
Identifier = Annotated[str, StringConstraints(strict=True, pattern=NO_NUL_NOT_BLANK, min_length=1, max_length=255)]
Share = Annotated[float, Strict(), AllowInfNan(False), Ge(0), Le(1)]
Valence = Annotated[float, Strict(), AllowInfNan(False), Ge(-1), Le(1)]
Flag = Annotated[bool, Strict()]
Moment = Annotated[datetime, PlainValidator(from_micros)]


class Participant(TypedDict):
    """Somebody who took part; `id` is what relationships refer to."""

    id: Identifier
    name: Text | None
    role: Role


class Temporal(TypedDict):
    """How the emotion moves."""

    is_building: Flag
    is_resolving: Flag
    expected_duration: Duration


class EmotionalContext(TypedDict):
    """What was felt. Intensity is 0 to 1, valence is -1 (unpleasant) to 1 (pleasant)."""

    primary_emotion: Emotion
    secondary_emotions: list[Emotion]
    intensity: Share
    valence: Valence
    themes: list[Theme]
    markers: list[Text]
    temporal: Temporal | None


class ParticipantDynamic(TypedDict):
    """How two participants stand to one another; the pair is two ids out of the memory's participants."""

    participants: Annotated[list[Identifier], Len(2, 2)]
    kind: DynamicKind


class RelationshipDynamics(TypedDict):
    """How the people of a memory stand to one another."""

    communication_pattern: CommunicationPattern
    interaction_quality: InteractionQuality
    connection_strength: Share
    is_balanced: Flag
    concerning_patterns: list[Text]
    participant_dynamics: list[ParticipantDynamic]


@dataclass(slots=True)
class Memory:
    """What somebody lived through, in full: an event never carries a part of it."""

    owner_id: Identifier
    content: Content
    summary: Text | None
    source_message_ids: list[Text]
    participants: Annotated[list[Participant], Len(0, 50)]
    tags: Annotated[list[Tag], Len(0, 20)]
    confidence: Share
    extracted_at: Moment | None
    metadata: dict[Text, Text]
    emotional_context: EmotionalContext | None
    relationship_dynamics: RelationshipDynamics | None


@dataclass(slots=True)
class MemoryEvent:
    """One thing that happened to a memory.

    `event_id` alone is the event's identity. `occurred_at` is UTC and decides which of two events of a memory wins.
    `memory` is None exactly when `event_type` is DELETED.
    """

    event_id: UUID
    event_type: EventType
    memory_id: Identifier
    occurred_at: Moment
    producer: Identifier
    memory: Memory | None
