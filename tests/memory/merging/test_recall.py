"""How many of the pairs that are alike are found by their keys, against comparing all with all."""

import random
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import combinations

import pytest

from consumer.memory.merging.clusters import Rules
from consumer.memory.merging.key_index import KeyIndex
from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Bands, similarity
from tests import goemotions
from tests.memory.merging.originals import member, memory
from tests.stories import event_id

ALIKE = Bands().folded
OWNERS_EACH = 40
"""Texts of one owner. Each of them comes with two edited copies."""


def dropped(words: list[str], rng: random.Random) -> list[str]:
    gone = rng.randrange(len(words))
    return [word for place, word in enumerate(words) if place != gone]


def added(words: list[str], rng: random.Random) -> list[str]:
    place = rng.randrange(len(words) + 1)
    return [*words[:place], rng.choice(["really", "today", "friend", "again"]), *words[place:]]


def swapped(words: list[str], rng: random.Random) -> list[str]:
    one, other = rng.randrange(len(words)), rng.randrange(len(words))
    changed = list(words)
    changed[one], changed[other] = words[other], words[one]
    return changed


def replaced(words: list[str], rng: random.Random) -> list[str]:
    changed = list(words)
    changed[rng.randrange(len(words))] = rng.choice(["thing", "somewhere", "later", "maybe"])
    return changed


def in_capitals(words: list[str], _: random.Random) -> list[str]:
    return [word.upper() for word in words]


def punctuated(words: list[str], rng: random.Random) -> list[str]:
    return [word + rng.choice(["", "", "", ",", "!", " …"]) for word in words]


EDITS: Sequence[Callable[[list[str], random.Random], list[str]]] = (
    *(dropped, added, swapped, replaced),
    *(in_capitals, punctuated),
)


def edited(text: str, rng: random.Random) -> str:
    """The text after one to four edits."""
    words = text.split() or ["nothing"]
    for edit in rng.choices(EDITS, k=rng.randint(1, 4)):
        words = edit(words, rng) or words
    return " ".join(words)


class Sources(StrEnum):
    """Which sources the memories of an owner name."""

    OWN = "messages of their own"
    NONE = "no sources"
    ONE = "one conversation for all"


def named(sources: Sources, number: int, rng: random.Random) -> list[str]:
    """The sources of a text and its copies."""
    if sources is Sources.OWN:
        return [f"s{number}-{each}" for each in range(rng.choice([1, 1, 2, 5, 40]))]
    return [] if sources is Sources.NONE else ["conversation"]


def tellings(texts: int, rng: random.Random, sources: Sources) -> Iterator[list[Member]]:
    """By owner: every text, and two edited copies of it, by the same people, mostly out of the same sources."""
    told = [event.memory.content for event in goemotions.memories(texts) if event.memory]
    for first in range(0, texts, OWNERS_EACH):
        owners: list[Member] = []
        for number, text in enumerate(told[first : first + OWNERS_EACH]):
            people = rng.sample(["p1", "p2", "p3", "p4"], rng.randint(0, 3))
            theirs = named(sources, number, rng)
            for copy, content in enumerate((text, edited(text, rng), edited(text, rng))):
                kept = rng.sample(theirs, len(theirs) - rng.randint(0, len(theirs) // 5))
                what = memory(content, owner=f"owner-{first}", sources=kept, people=people)
                owners.append(member(f"{number}-{copy}", what))
        yield owners


def near(members: Sequence[Member]) -> Iterator[set[str]]:
    """For each of these memories, which of those before it are looked at. None joins another."""
    index, founders = KeyIndex({}, Rules().at_most, Rules().crowd), {event_id(each.memory_id): each for each in members}
    for cluster_id, founder in founders.items():
        yield {founders[each].memory_id for each in index.near(founder)}
        for each in index.found(cluster_id, founder):
            index.enter(each, founders[each].said_keys)


def recall(owners: Iterator[list[Member]]) -> tuple[int, int]:
    """How many pairs are alike, and how many of them are found."""
    alike = found = 0
    for members in owners:
        looked_at = list(near(members))
        for (_, one), (at, other) in combinations(enumerate(members), 2):
            # The same content needs no looking: it has a key of its own.
            if one.digest != other.digest and similarity(one.traits, other.traits) >= ALIKE:
                alike += 1
                found += one.memory_id in looked_at[at]
    return alike, found


@pytest.mark.parametrize("sources", Sources)
@pytest.mark.parametrize(
    "texts", [2_000, pytest.param(43_410, marks=pytest.mark.proof)], ids=["two thousand texts", "all texts"]
)
def test_pairs_that_are_alike_are_found(texts: int, sources: Sources) -> None:
    alike, found = recall(tellings(texts, random.Random(20_260_301), sources))
    print(
        f"recall at {ALIKE} and above, {texts:,} texts, {sources}: {found:,} of {alike:,} pairs = {found / alike:.4f}"
    )
    assert alike > texts / 2, "there must be something to be found"
    assert found / alike >= 0.95
