"""When two memories say the same."""

import random
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.memory.merging.content import canonical_text
from consumer.memory.merging.similarity import Traits
from tests import goemotions
from tests.memory.merging.originals import memories, memory


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We discussed the project deadline", "we  DISCUSSED the project deadline "),
        ("Straße", "STRASSE"),
        ("e\u0301te\u0301", "été"),
        ("a\u00a0b\t\nc", "A B C"),
        ("\u1e9b\u0323", unicodedata.normalize("NFD", "\u1e9b\u0323")),
        ("\u1e9b\u0323", "\u1e69"),
    ],
)
def test_case_spacing_and_composition_do_not_matter(one: str, other: str) -> None:
    assert Traits(memory(one)).digest == Traits(memory(other)).digest


@given(memories(), st.randoms())
def test_id_order_repetition_and_confidence_do_not_matter(told: object, chance: random.Random) -> None:
    before = told
    assert isinstance(before, type(memory()))
    sources = [*before.source_message_ids, *before.source_message_ids]
    people = list(before.participants)
    chance.shuffle(sources)
    chance.shuffle(people)
    after = replace(
        before,
        content=f"  {before.content.swapcase()}\n",
        source_message_ids=sources,
        participants=people,
        confidence=0.123,
        summary="another",
        tags=["other"],
    )
    assert Traits(after).digest == Traits(before).digest


def test_a_hash_is_the_same_in_every_process() -> None:
    """It is stored, and compared with those that others made: a change of it is a new version."""
    met = memory("We  met \u00c9lodie.", sources=[f"s{n}" for n in range(9)], people=[f"p{n}" for n in range(9)])
    assert Traits(met).digest.hex() == "806de2049c4e6985406a52fa26b4e99989a7548beea828abd886f68ac17bdcca"


@given(st.text())
def test_what_is_canonical_stays_so(text: str) -> None:
    once = canonical_text(text)
    assert canonical_text(once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (memory(sources=["a", "b"]), memory(sources=["a|1:b"])),
        (memory(sources=["a"]), memory(people=["a"])),
        (memory("a", people=["b"]), memory("a|b")),
        (memory(sources=["1:a"]), memory(sources=["a"])),
        (memory("yes"), memory("yes!")),
    ],
)
def test_no_two_contents_make_the_same_input(one: object, other: object) -> None:
    assert isinstance(one, type(memory())) and isinstance(other, type(memory()))
    assert Traits(one).digest != Traits(other).digest


@pytest.mark.skipif(goemotions.find_data() is None, reason="the GoEmotions comments are not here")
def test_the_comments_of_one_owner_hold_221_repetitions() -> None:
    texts = [event.memory.content for event in goemotions.memories(43_410) if event.memory]
    assert len(texts) == 43_410
    assert len(texts) - len({Traits(memory(text)).digest for text in texts}) == 221
