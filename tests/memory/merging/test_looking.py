"""At what a batch looks: at words only where sources tell nothing."""

import pytest

from consumer.memory.merging.key_index import KeyIndex
from consumer.memory.merging.looking import Look
from consumer.memory.merging.members import Member
from tests.memory.merging.originals import member, memory
from tests.stories import event_id

FEW = 3
NAMES = [event_id(f"cluster {number}") for number in range(12)]


def told(number: int, *sources: str) -> Member:
    return member(
        f"m{number}", memory(f"this{number} was{number} told{number} by{number} one{number}", sources=sources)
    )


def look_of(*members: Member, leaving: int = 0) -> Look:
    return Look(members, FEW, FEW, leaving)


def test_words_are_looked_at_first_of_those_who_have_no_source() -> None:
    without, having = told(0), told(1, "talk")
    keys = look_of(without, having).keys
    assert (keys.issuperset(without.word_keys), keys.isdisjoint(having.word_keys)) == (True, True)


@pytest.mark.parametrize(("there", "are_looked_at"), [(FEW - 2, False), (FEW - 1, True), (FEW + 1, True)])
def test_words_are_looked_at_then_where_a_source_will_be_crowded(there: int, *, are_looked_at: bool) -> None:
    one, other, without = told(0, "talk"), told(1, "talk"), told(2)
    found = dict.fromkeys(one.source_keys, NAMES[:there])
    wanted = {*one.word_keys, *other.word_keys} if are_looked_at else set()
    assert look_of(one, other, without).more_keys(found) == wanted


def test_of_a_source_that_is_crowded_whoever_leaves_nobody_is_compared() -> None:
    (crowded,), (other,) = told(0, "talk").source_keys, told(0, "message").source_keys
    look = look_of(told(0, "talk", "message"), leaving=2)
    assert look.near({crowded: NAMES[6:], other: NAMES[:5]}) == set(NAMES[:5])


@pytest.mark.parametrize("leaving", range(3))
@pytest.mark.parametrize("there", range(9))
def test_as_many_are_looked_for_as_an_index_has_to_know(there: int, leaving: int) -> None:
    newcomer = told(0, "talk")
    look = look_of(newcomer, leaving=leaving)
    whole, filled = (
        KeyIndex(dict.fromkeys(newcomer.source_keys, NAMES[:known]), FEW, FEW)
        for known in (there, min(there, look.limit))
    )
    for index in (whole, filled):
        for cluster_id in NAMES[:leaving]:
            index.leave_all(cluster_id)
    assert filled.near(newcomer) == whole.near(newcomer)
