"""What can be asked of the memories that are stored. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from consumer.memory.model import Emotion

LONGEST_TEXT = 255
"""Characters of anything that is looked for: no id is longer."""

MOST_NAMES = 50
"""How many participants, or words, may be asked for at once: no memory has more people."""


@dataclass(slots=True, frozen=True)
class Criteria:
    """Which memories are meant: those of which all holds that is given.

    `emotion` is the primary one, `min_intensity` its least intensity, 0 to 1. All of `participants`, ids, took part.
    Each of `words` stands somewhere in the content or the summary, in capitals or not. `since` is the first moment,
    `until` the first that is too late.

    An owner, an emotion or a participant has to be among it. An index leads to these (to
    participants on PostgreSQL alone), and the rest only narrows down what they find: on its own it would have every
    memory of everybody read. Raises `ValueError` without one, and for what no memory can have.
    """

    owner_id: str | None = None
    emotion: str | None = None
    min_intensity: float | None = None
    participants: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.owner_id is None and self.emotion is None and not self.participants:
            raise ValueError("name an owner, an emotion or a participant: all else would have every memory read")
        if self.emotion is not None and self.emotion not in get_args(Emotion):
            raise ValueError(f"{self.emotion!r} is no emotion: it is one of {', '.join(get_args(Emotion))}")
        if self.min_intensity is not None and not 0 <= self.min_intensity <= 1:
            raise ValueError("an intensity is 0 to 1")
        if max(len(self.participants), len(self.words)) > MOST_NAMES:
            raise ValueError(f"more than {MOST_NAMES} at once")
        for text in (self.owner_id, *self.participants, *self.words, self.tag):
            if text is not None:
                check_storable(text)


def check_storable(text: str) -> None:
    """Raises `ValueError` for a text that no id, tag or word of a memory can be."""
    check_text(text)
    if not 0 < len(text) <= LONGEST_TEXT:
        raise ValueError(f"a text of 1 to {LONGEST_TEXT} characters is looked for")


def check_text(text: str) -> None:
    """Raises `ValueError` for a text that no database takes, however long it may be."""
    if "\x00" in text or (not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)):
        raise ValueError(f"{text!r} is no text that can be stored")
