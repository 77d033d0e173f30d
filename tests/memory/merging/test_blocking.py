"""The keys under which what is alike is found."""

from consumer.memory.merging.blocking import LONGEST
from tests.memory.merging.originals import member, memory


def test_of_an_endless_word_the_beginning_counts() -> None:
    """What is remembered of words is bounded by it."""
    one, other, third = (
        member("m", memory(word)) for word in ("a" * LONGEST + "b", "a" * LONGEST + "c", "a" * (LONGEST - 1))
    )
    assert one.word_keys == other.word_keys != third.word_keys


def test_the_keys_are_the_same_in_every_process() -> None:
    """They are stored, and met by those that others made: a change of one is a new version."""
    met = member(
        "m", memory("We met Élodie beside the river Aare again.", sources=["s1", "s2"], people=["élodie", "bo"])
    )
    assert met.content_key == 4989298054934673907
    assert met.source_keys == [4989298053074991344, 4989298055105505610]
    assert met.retelling_keys == [4989298054088908279]
    assert sorted(met.word_keys) == [
        4989298053353934129,
        4989298053555570678,
        4989298053749837484,
        4989298053782952932,
        4989298054152232904,
        4989298054161108162,
        4989298054243126399,
        4989298054662808947,
    ]
