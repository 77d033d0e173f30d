"""How many of the pairs that are alike have a key in common, and so are found, against comparing all with all."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import pytest

from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Bands, similarity
from tests import goemotions
from tests.memory.merging.originals import member, memory

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


def tellings(texts: int, rng: random.Random, *, with_sources: bool) -> Iterator[list[Member]]:
    """By owner: every text, and two edited copies of it, by the same people, mostly out of the same sources."""
    told = [event.memory.content for event in goemotions.memories(texts) if event.memory]
    for first in range(0, texts, OWNERS_EACH):
        owners: list[Member] = []
        for number, text in enumerate(told[first : first + OWNERS_EACH]):
            people = rng.sample(["p1", "p2", "p3", "p4"], rng.randint(0, 3))
            sources = [f"s{number}-{each}" for each in range(rng.choice([1, 1, 2, 5, 40]))] if with_sources else []
            for copy, content in enumerate((text, edited(text, rng), edited(text, rng))):
                kept = rng.sample(sources, len(sources) - rng.randint(0, len(sources) // 5))
                what = memory(content, owner=f"owner-{first}", sources=kept, people=people)
                owners.append(member(f"{number}-{copy}", what))
        yield owners


def recall(owners: Iterator[list[Member]]) -> tuple[int, int]:
    """How many pairs are alike, and how many of them have a key in common."""
    alike = found = 0
    for members in owners:
        under: defaultdict[int, set[str]] = defaultdict(set)
        for each in members:
            for key in (each.content_key, *each.keys):
                under[key].add(each.memory_id)
        for one, other in combinations(members, 2):
            if similarity(one.traits, other.traits) >= ALIKE:
                alike += 1
                found += any(other.memory_id in under[key] for key in (one.content_key, *one.keys))
    return alike, found


@pytest.mark.parametrize("with_sources", [True, False], ids=["sources", "no sources"])
@pytest.mark.parametrize(
    "texts", [2_000, pytest.param(43_410, marks=pytest.mark.proof)], ids=["two thousand texts", "all texts"]
)
def test_pairs_that_are_alike_have_a_key_in_common(texts: int, with_sources: bool) -> None:
    alike, found = recall(tellings(texts, random.Random(20_260_301), with_sources=with_sources))
    kind = "shared sources and people" if with_sources else "shared people, no sources"
    print(f"recall at {ALIKE} and above, {texts:,} texts, {kind}: {found:,} of {alike:,} pairs = {found / alike:.4f}")
    assert alike > texts / 2, "there must be something to be found"
    assert found / alike >= 0.95
