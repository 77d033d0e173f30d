"""The moods of the old forms, and the emotions that they stand for."""

from collections.abc import Mapping
from typing import get_args

from consumer.memory.model import Emotion

_SYMBOLS: tuple[Emotion, ...] = get_args(Emotion)

EMOTIONS: Mapping[str, Emotion] = {
    "happy": "joy",
    "sad": "sadness",
    "angry": "anger",
    "scared": "fear",
    "surprised": "surprise",
    "disgusted": "disgust",
    "excited": "excitement",
    "anxious": "anxiety",
    "calm": "contentment",
    "frustrated": "frustration",
    "loving": "love",
    "trusting": "trust",
    **{symbol: symbol for symbol in _SYMBOLS},
}
"""Emotions by mood. An emotion's own name stands for itself."""

_MOODS: Mapping[Emotion, str] = {EMOTIONS[mood]: mood for mood in reversed(list(EMOTIONS))}


def emotion_of(mood: str) -> Emotion:
    """The emotion: case and outer white space do not matter; what is not known is `neutral`."""
    return EMOTIONS.get(_normal(mood), "neutral")


def mood_of(emotion: Emotion) -> str:
    """The mood that stands for an emotion."""
    return _MOODS[emotion]


def unknown_mood(mood: str) -> tuple[str, str] | None:
    """The remark on a mood that nobody knows."""
    return None if _normal(mood) in EMOTIONS else ("unknown_mood", "is no mood that is known, and counts as neutral")


def _normal(mood: str) -> str:
    return mood.strip().casefold()
