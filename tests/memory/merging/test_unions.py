"""Unions without a limit of their own, kept to a size that the database takes."""

from consumer.memory.merging.folding import fold
from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Bands
from consumer.memory.merging.unions import MOST_CHARACTERS, metadata_of, texts_of
from consumer.memory.model import Memory
from tests.memory.merging.originals import feeling, member, memory

LARGE = "v" * (MOST_CHARACTERS * 6 // 10)


def telling(*memories: Memory) -> list[Member]:
    """Members, the oldest first."""
    return [member(f"m{number}", each, minute=number) for number, each in enumerate(memories)]


def sources(one: Memory) -> list[str]:
    return one.source_message_ids


def test_what_does_not_fit_ends_a_union_of_texts() -> None:
    those = telling(
        memory(sources=["a", LARGE]),
        memory(sources=["b", LARGE]),
        memory(sources=["c", LARGE + "w", "d"]),
        memory(sources=["e"]),
    )
    assert texts_of(those[:2], sources) == (["a", LARGE, "b"], None)
    assert texts_of(those, sources) == (["a", LARGE, "b", "c"], those[2])


def test_what_does_not_fit_ends_a_union_of_metadata() -> None:
    those = telling(
        memory(metadata={"k": LARGE}), memory(metadata={"k": "w", "l": "x"}), memory(metadata={"m": "", "k": LARGE[1:]})
    )
    assert metadata_of(those) == ({"k": LARGE, "k@m1": "w", "l": "x", "m": ""}, those[2])
    assert metadata_of(those[:2]).over is None


def test_the_oldest_keeps_its_own_however_much() -> None:
    those = telling(memory(sources=[LARGE, LARGE + "w"], metadata={LARGE: LARGE}), memory(sources=["b"]))
    assert texts_of(those, sources) == ([LARGE, LARGE + "w"], those[1])
    assert metadata_of(those) == ({LARGE: LARGE}, None)


def test_a_view_of_any_number_of_members_is_bounded_and_the_first_too_many_left_to_a_person() -> None:
    those = telling(
        *(
            memory(
                f"a b c {number}",
                sources=[f"{number}{LARGE}"],
                metadata={"k": f"{number}{LARGE}"},
                feeling={**feeling("joy"), "markers": [f"{number}{LARGE}"]} if number != "0" else None,
            )
            for number in "0123"
        )
    )
    seen = fold(those, Bands())
    assert seen.memory.source_message_ids == [f"0{LARGE}"]
    assert seen.memory.metadata == {"k": f"0{LARGE}"}
    assert seen.memory.emotional_context and seen.memory.emotional_context["markers"] == [f"1{LARGE}"]
    assert [(dispute.field, dispute.other.memory_id) for dispute in seen.disputes] == [
        ("source_message_ids", "m1"),
        ("metadata", "m1"),
        ("markers", "m2"),
    ]
