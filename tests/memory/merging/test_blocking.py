"""The keys under which what is alike is found."""

from consumer.memory.merging.blocking import LONGEST
from tests.memory.merging.originals import member, memory


def test_of_an_endless_word_the_beginning_counts() -> None:
    """What is remembered of words is bounded by it."""
    one, other, third = (
        member("m", memory(word)) for word in ("a" * LONGEST + "b", "a" * LONGEST + "c", "a" * (LONGEST - 1))
    )
    assert one.word_keys == other.word_keys != third.word_keys
