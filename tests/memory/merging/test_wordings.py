"""In whose words it is kept what several members say."""

from consumer.memory.merging.members import Member
from consumer.memory.merging.wordings import Wordings
from tests.memory.merging.originals import member, memory


def told(name: str, content: str, *, minute: int = 0) -> Member:
    return member(name, memory(content), minute=minute)


def entered(wordings: Wordings, each: Member) -> Member:
    """As it is read back."""
    worded = wordings.worded(each)
    wordings.enter(worded)
    return worded


def keeping(*members: Member) -> tuple[Wordings, list[Member]]:
    """Wordings of these, who came one after the other, and how they are read back."""
    wordings = Wordings()
    return wordings, [entered(wordings, each) for each in members]


def test_it_is_kept_in_the_words_of_who_told_it_first() -> None:
    wordings, members = keeping(told("b", "We met", minute=1), told("a", "we  MET"))
    assert [each.memory.content for each in members] == ["We met", "We met"]
    assert [wordings.is_kept_of(each) for each in members] == [True, False]
    assert [wordings.is_reworded(each) for each in members] == [False, True]


def test_the_words_pass_to_the_oldest_of_the_rest() -> None:
    wordings, (first, *rest) = keeping(
        told("a", "We met"), told("b", "we met", minute=2), told("c", "WE MET", minute=1)
    )
    wordings.leave(first)
    assert [wordings.is_kept_of(each) for each in rest] == [False, True]
    assert entered(wordings, told("d", "we met!")).memory.content == "we met!", "something else"
    assert entered(wordings, told("e", "wE mEt")).memory.content == "We met"


def test_when_the_last_has_gone_the_next_is_kept_in_words_of_its_own() -> None:
    wordings, (only,) = keeping(told("a", "We met"))
    wordings.leave(only)
    assert not wordings.twins(only.digest)
    assert entered(wordings, told("b", "we met")).memory.content == "we met"


def test_who_has_the_text_in_the_database_keeps_it() -> None:
    wordings = Wordings()
    for each in (older := told("a", "We met"), holder := told("b", "We met", minute=1)):
        wordings.enter(each)
    wordings.keep_of(holder)
    assert (wordings.is_kept_of(older), wordings.is_kept_of(holder)) == (False, True)


def test_who_is_told_again_in_the_words_that_are_kept_is_not_reworded() -> None:
    wordings, (_, second) = keeping(told("a", "We met"), told("b", "we met"))
    wordings.leave(second)
    assert not wordings.is_reworded(entered(wordings, told("b", "We met")))
