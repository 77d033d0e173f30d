"""How alike two memories are: symmetric, 0 to 1, and 1 for equals. Originals are compared, never merged views. Pure.

    score = 0.5 x words + 0.3 x sources + 0.2 x people, each the Jaccard index of two sets

The weight of a part that neither side has is shared out among the others. A text without words, all emoji say, counts
as one word of its own: two such texts are the same or not alike at all, and no text with words is like them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import TypeVar
from unicodedata import category

from consumer.memory.merging.content import canonical_text, hash_of
from consumer.memory.model import Memory

WORDS, SOURCES, PEOPLE = 0.5, 0.3, 0.2

_ID = itemgetter("id")
_WORD = re.compile("\\w+(?:['\u2019]\\w+)*")
# fmt: off
_NEGATIONS = frozenset(
    {
        "not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "hardly", "nope",
        "cannot", "aint", "arent", "cant", "couldnt", "didnt", "doesnt", "dont", "hadnt", "hasnt", "havent", "isnt",
        "mightnt", "mustnt", "neednt", "shouldnt", "wasnt", "werent", "wont", "wouldnt",
    }
)
# fmt: on

T = TypeVar("T")


class Traits:
    """What of a memory is compared. `digest` is the hash of its content.

    The words are looked for when they are first asked for: most memories are compared with nothing.
    """

    __slots__ = ("_text", "_words", "digest", "people", "sources")

    def __init__(self, memory: Memory) -> None:
        self._text = canonical_text(memory.content)
        self._words: frozenset[str] | None = None
        self.sources = frozenset(memory.source_message_ids)
        self.people = frozenset(map(_ID, memory.participants))
        self.digest = hash_of(self._text, self.people, self.sources)

    @property
    def words(self) -> frozenset[str]:
        """Where there are none, the whole canonical text stands for them, which can't be a word."""
        if self._words is None:
            self._words = frozenset(_words(self._text) or (self._text,))
        return self._words

    @property
    def has_words(self) -> bool:
        """Whether there are any."""
        return self.words != {self._text} or bool(_words(self._text))

    @property
    def negations(self) -> frozenset[str]:
        """The words that turn a meaning round: English ones, and whatever ends in "n't", with either apostrophe."""
        words = (word.replace("\u2019", "'") for word in self.words)
        return frozenset(word for word in words if word in _NEGATIONS or word.endswith("n't"))


def _words(text: str) -> list[str]:
    """Runs of Unicode letters, digits and the marks that belong to them, with apostrophes inside."""
    if text.isascii():
        return _WORD.findall(text)
    # `re` takes the marks of many scripts, vowels among them, for the end of a word.
    spaced = "".join(
        [char if char.isalnum() or char in "_'\u2019" or category(char)[0] == "M" else " " for char in text]
    )
    return [word for run in spaced.split() if (word := _begun(run))]


def _begun(run: str) -> str:
    """The run from its first letter or digit on. A mark before that belongs to none: it is an emoji's, mostly."""
    start = next((place for place, char in enumerate(run) if char.isalnum() or char == "_"), len(run))
    return run[start:].rstrip("'\u2019")


def similarity(one: Traits, other: Traits) -> float:
    """How alike two memories are."""
    if one.digest == other.digest:
        return 1.0
    if not (one.has_words and other.has_words) and one.words != other.words:
        return 0.0
    score = WORDS * _jaccard(one.words, other.words)
    weight = WORDS
    if one.sources or other.sources:
        score += SOURCES * _jaccard(one.sources, other.sources)
        weight += SOURCES
    if one.people or other.people:
        score += PEOPLE * _jaccard(one.people, other.people)
        weight += PEOPLE
    return round(score / weight, 9)  # 0.85 is 0.85, whatever the order of the sum makes of it


def contradict(one: Traits, other: Traits) -> bool:
    """Whether one says no where the other does not: alike to the letter, and yet the opposite.

    Words are compared as they are spelled: "don't" contradicts "do not", too.
    """
    return one.negations != other.negations


class Band(StrEnum):
    """What follows from a score. `same` says that no score was needed: the content is the same."""

    SAME = "same"
    EQUAL = "equal"
    FOLDED = "folded"
    REVIEW = "review"
    DISTINCT = "distinct"


@dataclass(slots=True, frozen=True)
class Bands:
    """From which score on two memories are taken for one (`equal`), for one told twice (`folded`), or for something
    that a person has to look at (`review`). Raises `ValueError` where one is above the one before."""

    equal: float = 0.95
    folded: float = 0.85
    review: float = 0.70

    def __post_init__(self) -> None:
        if not self.equal >= self.folded >= self.review:
            raise ValueError(
                f"similarity_equal ({self.equal:g}), similarity_folded ({self.folded:g}) and similarity_review"
                f" ({self.review:g}): none may be above the one before"
            )

    def of(self, one: Traits, other: Traits, score: float) -> Band:
        """The band of two memories with that score. Those that contradict each other are left to a person."""
        if score < self.review:
            return Band.DISTINCT
        if score < self.folded or (one.digest != other.digest and contradict(one, other)):
            return Band.REVIEW
        return Band.EQUAL if score >= self.equal else Band.FOLDED


def _jaccard(one: frozenset[T], other: frozenset[T]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0
