"""How alike two memories are."""

import math

import pytest
from hypothesis import given

from consumer.memory.merging.similarity import Band, Bands, Traits, similarity
from consumer.memory.model import Memory
from tests.memory.merging.originals import memories, memory

FACES = "\U0001f602\U0001f602 \u2764\ufe0f"


def alike(one: Memory, other: Memory) -> float:
    return similarity(Traits(one), Traits(other))


def band(one: Memory, other: Memory) -> Band:
    traits = Traits(one), Traits(other)
    return Bands().of(*traits, similarity(*traits))


@given(memories(), memories())
def test_it_is_symmetric_and_from_0_to_1(one: Memory, other: Memory) -> None:
    score = alike(one, other)
    assert score == alike(other, one)
    assert 0.0 <= score <= 1.0 and not math.isnan(score)


@given(memories())
def test_equals_score_1(one: Memory) -> None:
    assert alike(one, one) == 1.0


def test_words_sources_and_people_weigh_5_3_and_2() -> None:
    one = memory("a b c d", sources=["s", "t"], people=["p"])
    other = memory("a b c e", sources=["s"], people=["p", "q"])
    assert alike(one, other) == pytest.approx(0.5 * 3 / 5 + 0.3 * 1 / 2 + 0.2 * 1 / 2)


def test_the_weight_of_what_neither_has_is_shared_out() -> None:
    assert alike(memory("a b c d"), memory("a b c e")) == pytest.approx(3 / 5)
    with_people = alike(memory("a b c d", people=["p"]), memory("a b c e", people=["p"]))
    assert with_people == pytest.approx((0.5 * 3 / 5 + 0.2) / 0.7)


def test_what_one_side_alone_has_counts_against_it() -> None:
    assert alike(memory("a b", sources=["s"]), memory("a b")) == pytest.approx(0.5 / 0.8)


def test_without_words_only_equals_are_alike() -> None:
    assert alike(memory("!!!", sources=["s"]), memory("???", sources=["s"])) == 0.0
    assert alike(memory("!!!", sources=["s"]), memory(" !!! ", sources=["s"])) == 1.0


def test_the_same_without_words_goes_by_the_formula() -> None:
    one = memory("!!!", sources=["s", "t"], people=["p"])
    assert alike(one, memory(" !!!", sources=["s"], people=["p"])) == pytest.approx(0.5 + 0.3 / 2 + 0.2)
    assert alike(one, memory("!!!", sources=["s", "t"], people=["q"])) == pytest.approx(0.5 + 0.3)
    assert alike(memory(FACES, people=["p"]), memory(FACES, people=["p", "q"])) == pytest.approx((0.5 + 0.2 / 2) / 0.7)


@pytest.mark.parametrize("other", ["???", "! ! !", "yes !!!", "yes", "\u2639\ufe0f", "\ufe0f"])
@pytest.mark.parametrize("one", ["!!!", FACES])
def test_without_words_nothing_else_is_alike(one: str, other: str) -> None:
    assert alike(memory(one, sources=["s"], people=["p"]), memory(other, sources=["s"], people=["p"])) == 0.0


def test_the_mark_of_an_emoji_is_no_part_of_a_word() -> None:
    assert Traits(memory("\u2764\ufe0flove \u2600\ufe0f 'quoted'")).words == {"love", "quoted"}


def test_both_source_lists_empty_and_different_texts_are_distinct() -> None:
    assert band(memory("We went to the sea."), memory("They sold the old house.")) is Band.DISTINCT


def test_common_words_alone_do_not_merge() -> None:
    one = memory("Discussion about project deadlines", sources=["s"], people=["p"])
    other = memory("Discussion about vacation plans", sources=["s"], people=["p"])
    assert band(one, other) is Band.DISTINCT


@pytest.mark.parametrize("no", ["not", "no", "never", "nobody", "cannot", "don't", "didn\u2019t", "wont", "without"])
def test_a_contradiction_is_left_to_a_person(no: str) -> None:
    """A word more or less in a long text: the score is high, the meaning the opposite."""
    long = "we really do want to see each other again in the summer by the sea with all of the children"
    one = memory(long, sources=["s"], people=["p"])
    other = memory(f"{long} {no}", sources=["s"], people=["p"])
    assert alike(one, other) > 0.95
    assert band(one, other) is Band.REVIEW


def test_an_apostrophe_makes_no_contradiction() -> None:
    """What one keyboard writes straight, another curls."""
    long = " ".join(f"w{number}" for number in range(40))
    one, other = (memory(f"{long} don{apostrophe}t", sources=["s"], people=["p"]) for apostrophe in "'\u2019")
    assert band(one, other) is Band.EQUAL


def test_one_no_is_not_another() -> None:
    """What is not so yet may be so one day."""
    long = " ".join(f"w{number}" for number in range(40))
    one, other = (memory(f"{long} {no}", sources=["s"], people=["p"]) for no in ("not", "never"))
    assert alike(one, other) > 0.95
    assert band(one, other) is Band.REVIEW


def test_the_bands() -> None:
    texts = ["one two three four five six seven eight nine ten", "one two three four five six seven eight nine else"]
    shared = [memory(text, sources=["s"], people=["p"]) for text in texts]
    assert alike(*shared) == pytest.approx(0.5 * 9 / 11 + 0.5)
    assert band(*shared) is Band.FOLDED
    assert band(*(memory(text) for text in texts)) is Band.REVIEW


def test_a_word_goes_on_through_its_marks() -> None:
    """Vowels of Devanagari are marks; without them two texts that differ in them alone would be equal."""
    she, water = "\u0909\u0938\u0928\u0947", "\u092a\u093e\u0928\u0940"
    drank, found = "\u092a\u0940", "\u092a\u093e"
    assert alike(memory(f"{she} {water} {drank}"), memory(f"{she} {water} {found}")) == pytest.approx(2 / 4)
    words = {"caf\u00e9's", "l\u2019\u00e9t\u00e9", "quoted"}
    assert Traits(memory("caf\u00e9's l\u2019\u00e9t\u00e9, 'quoted'")).words == words


def test_the_edge_of_a_band_belongs_to_it() -> None:
    words = [f"w{number}" for number in range(10)]
    one = memory(" ".join(words), sources=["s"], people=["p"])
    assert band(one, memory(" ".join(words[:7]), sources=["s"], people=["p"])) is Band.FOLDED


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0.699999999, Band.DISTINCT),
        (0.70, Band.REVIEW),
        (0.849999999, Band.REVIEW),
        (0.85, Band.FOLDED),
        (0.949999999, Band.FOLDED),
        (0.95, Band.EQUAL),
    ],
)
def test_a_score_that_is_a_bound_is_above_it(score: float, expected: Band) -> None:
    assert Bands().of(Traits(memory("one")), Traits(memory("two")), score) is expected
