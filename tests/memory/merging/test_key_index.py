"""Under which keys clusters are found: by their source while few have it, then by their words."""

from consumer.memory.merging.key_index import KeyIndex
from consumer.memory.merging.members import Member
from tests.memory.merging.originals import member, memory
from tests.stories import event_id

FEW = 3
TEXT = "we walked along the river until it was dark"


def unlike(number: int, *, sources: tuple[str, ...] = ("talk",)) -> Member:
    return member(f"m{number}", memory(f"this{number} has{number} no{number} word{number} in{number}", sources=sources))


def index_of(*founders: Member) -> KeyIndex:
    """An index in which each founds a cluster, as `Clusters` has them do it."""
    index, by_id = KeyIndex({}, FEW, FEW), {event_id(each.memory_id): each for each in founders}
    for cluster_id, founder in by_id.items():
        for other in index.found(cluster_id, founder):
            index.enter(other, by_id[other].said_keys)
    return index


def near(index: KeyIndex, text: str = TEXT, sources: tuple[str, ...] = ("talk",)) -> set[str]:
    """Who is near a newcomer."""
    found = index.near(member("newcomer", memory(text, sources=sources)))
    return {f"m{number}" for number in range(100) if event_id(f"m{number}") in found}


def test_while_few_have_a_source_all_of_them_are_looked_at() -> None:
    assert near(index_of(*map(unlike, range(FEW)))) == {"m0", "m1", "m2"}


def test_a_source_that_many_have_tells_nothing_but_hides_nobody() -> None:
    for place in range(10):
        alike = member(f"m{place}", memory(f"{TEXT} outside", sources=["talk"]))
        founders = [alike if number == place else unlike(number) for number in range(10)]
        assert near(index_of(*founders)) == {f"m{place}"}


def test_another_source_may_still_tell() -> None:
    founders = [unlike(number, sources=("talk", f"message {number}")) for number in range(10)]
    assert near(index_of(*founders), sources=("talk", "message 7")) == {"m7"}


def test_without_sources_words_tell() -> None:
    alike = member("m0", memory(f"{TEXT} outside"))
    assert near(index_of(alike, unlike(1), unlike(2, sources=())), sources=()) == {"m0"}


def test_of_many_that_say_much_the_same_no_more_are_looked_at_than_allowed() -> None:
    founders = [member(f"m{number}", memory(f"{TEXT} again", sources=[f"s{number}"])) for number in range(20)]
    known = index_of(*(member(each.memory_id, memory(each.memory.content)) for each in founders))
    lowest = sorted(event_id(each.memory_id) for each in founders)[:FEW]
    assert known.near(member("newcomer", memory(TEXT))) == set(lowest)


def test_who_leaves_is_found_no_more() -> None:
    index = index_of(unlike(0), unlike(1))
    index.leave_all(event_id("m0"))
    assert near(index) == {"m1"}


def test_it_tells_what_changed() -> None:
    first, second = unlike(0), unlike(1)
    before = {key: [event_id("m0")] for key in first.source_keys}
    index = KeyIndex(before, FEW, FEW)
    index.found(event_id("m1"), second)
    index.leave_all(event_id("m0"))
    assert index.removed == [(key, event_id("m0")) for key in first.source_keys]
    assert index.added == [(key, event_id("m1")) for key in second.source_keys]


def test_the_same_words_about_the_same_people_are_found_whatever_the_source() -> None:
    def told(number: int, person: str, source: str) -> Member:
        return member(f"m{number}", memory(TEXT, sources=[source], people=[person]))

    index = index_of(*(told(number, f"person {number}", f"message {number}") for number in range(10)))
    again = told(99, "person 7", "another message")
    assert index.near(again) == {event_id("m7")}
