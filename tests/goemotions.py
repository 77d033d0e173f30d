"""The GoEmotions comments as memory events: 43,410 real texts, each with what its readers felt in it.

The data set is Google's (Apache-2.0) and is not part of this repository: it is looked for where
MEMORY_CONSUMER_DATA says, else in `shared/data` beside the checkout or further up. Where it is not to be found,
`memories` makes texts of its own, so that no test depends on it.

Everything about an event follows from its comment: two runs publish the same.
"""

import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid5

from consumer.memory.model import Emotion, EmotionalContext, Memory, MemoryEvent

VARIABLE = "MEMORY_CONSUMER_DATA"
OWNERS = 500
PRODUCER = "goemotions"

_IDENTITY = UUID("6f0d8a3e-1c0b-5d0e-9a53-6c2f4a1f7b10")
_FIRST_AT = datetime(2024, 1, 1, tzinfo=UTC)


class Feeling(NamedTuple):
    """One of our emotions, and how pleasant it is: -1 to 1."""

    emotion: Emotion
    valence: float


FEELINGS: dict[str, Feeling] = {
    "admiration": Feeling("trust", 0.7),
    "amusement": Feeling("joy", 0.7),
    "anger": Feeling("anger", -0.7),
    "annoyance": Feeling("frustration", -0.4),
    "approval": Feeling("trust", 0.4),
    "caring": Feeling("love", 0.6),
    "confusion": Feeling("anxiety", -0.2),
    "curiosity": Feeling("anticipation", 0.2),
    "desire": Feeling("anticipation", 0.4),
    "disappointment": Feeling("sadness", -0.5),
    "disapproval": Feeling("frustration", -0.5),
    "disgust": Feeling("disgust", -0.8),
    "embarrassment": Feeling("anxiety", -0.4),
    "excitement": Feeling("excitement", 0.8),
    "fear": Feeling("fear", -0.7),
    "gratitude": Feeling("contentment", 0.8),
    "grief": Feeling("sadness", -0.9),
    "joy": Feeling("joy", 0.9),
    "love": Feeling("love", 0.9),
    "nervousness": Feeling("anxiety", -0.4),
    "optimism": Feeling("anticipation", 0.6),
    "pride": Feeling("contentment", 0.7),
    "realization": Feeling("surprise", 0.1),
    "relief": Feeling("contentment", 0.5),
    "remorse": Feeling("sadness", -0.6),
    "sadness": Feeling("sadness", -0.7),
    "surprise": Feeling("surprise", 0.1),
    "neutral": Feeling("neutral", 0.0),
}
"""Their 28 labels in our words."""


class Comment(NamedTuple):
    """A line of the data set. `labels` are names, at least one."""

    text: str
    labels: tuple[str, ...]
    comment_id: str


def find_data() -> Path | None:
    """The directory with `train.tsv` and `labels.txt`; None where there is none."""
    named = os.environ.get(VARIABLE)
    above = [folder / "shared" / "data" for folder in Path(__file__).resolve().parents]
    for folder in [Path(named)] if named else above:
        for candidate in (folder, folder / "goemotions"):
            if (candidate / "train.tsv").is_file():
                return candidate
    return None


def read(folder: Path) -> Iterator[Comment]:
    """The comments in the order of the file."""
    names = (folder / "labels.txt").read_text(encoding="utf-8").split()
    with (folder / "train.tsv").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            text, numbers, comment_id = line.rstrip("\r\n").split("\t")
            yield Comment(text, tuple(names[int(number)] for number in numbers.split(",")), comment_id)


def made_up() -> Iterator[Comment]:
    """Comments without end, in the manner of the data set."""
    for number, label in enumerate(cycle(FEELINGS)):
        other = "neutral" if number % 7 else "surprise"
        labels = (label,) if number % 5 else (label, other)
        yield Comment(
            f"Comment {number} speaks of {label}: “naïve” words, ten of them 🙂.", labels, f"made{number:07d}"
        )


def memories(limit: int) -> Iterator[MemoryEvent]:
    """The first `limit` comments, each as the creation of a memory of its own."""
    folder = find_data()
    comments = made_up() if folder is None else read(folder)
    for number, comment in enumerate(islice(comments, limit)):
        yield as_event(comment, number)


def as_event(comment: Comment, number: int) -> MemoryEvent:
    """The comment at place `number` of the file, as somebody's memory: one second after the one before."""
    occurred_at = _FIRST_AT + timedelta(seconds=number)
    return MemoryEvent(
        event_id=uuid5(_IDENTITY, comment.comment_id),
        event_type="CREATED",
        memory_id=comment.comment_id,
        occurred_at=occurred_at,
        producer=PRODUCER,
        memory=_memory(comment, occurred_at),
    )


def _memory(comment: Comment, occurred_at: datetime) -> Memory:
    return Memory(
        owner_id=f"reader-{zlib.crc32(comment.comment_id.encode()) % OWNERS:03d}",
        content=comment.text,
        summary=None,
        source_message_ids=[comment.comment_id],
        participants=[],
        tags=sorted(set(comment.labels)),
        confidence=1.0 / len(comment.labels),
        extracted_at=occurred_at,
        metadata={"labels": ",".join(comment.labels)},
        emotional_context=_emotional_context(comment.labels),
        relationship_dynamics=None,
    )


def _emotional_context(labels: tuple[str, ...]) -> EmotionalContext:
    feelings = [FEELINGS[label] for label in labels]
    emotions = list(dict.fromkeys(feeling.emotion for feeling in feelings))
    valence = sum(feeling.valence for feeling in feelings) / len(feelings)
    return EmotionalContext(
        primary_emotion=emotions[0],
        secondary_emotions=emotions[1:],
        intensity=abs(valence),
        valence=valence,
        themes=[],
        markers=[],
        temporal=None,
    )
