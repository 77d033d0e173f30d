"""Members and clusters: who joins whom, and what is left when somebody leaves."""

from uuid import UUID

import pytest

from consumer.memory.merging.clusters import Clusters, Known, Rules, cluster_founded_by
from consumer.memory.merging.doubts import Pair, in_order, side_of
from consumer.memory.merging.members import Member
from consumer.memory.merging.roster import Place
from consumer.memory.merging.similarity import Band
from tests.memory.merging.originals import member, memory
from tests.stories import event_id

TEN = "one two three four five six seven eight nine ten"


def told(name: str, content: str, *, minute: int = 0, owner: str = "ann") -> Member:
    """A memory with a source and a person in common with all others, so that the words decide."""
    return member(name, memory(content, sources=["s"], people=["p"], owner=owner), minute=minute)


def pair_of(one: Member, other: Member) -> Pair:
    return in_order(side_of(one), side_of(other))


def clusters() -> Clusters:
    return Clusters(Known(), Rules())


def put(into: Clusters, each: Member, again: str = "") -> Place:
    """Create or change a memory by an event of its own."""
    return into.put(each, event_id(each.memory_id + again))


def founded_by(name: str, again: str = "") -> UUID:
    """The cluster that a memory of this name founds."""
    return cluster_founded_by(told(name, TEN), event_id(name + again))


def swapped(*numbers: int) -> str:
    """The ten words with some of them replaced."""
    words = TEN.split()
    return " ".join(f"x{number}" if number in numbers else word for number, word in enumerate(words))


def test_the_first_founds_a_cluster_named_by_it_and_the_event() -> None:
    assert put(clusters(), told("a", TEN)) == Place(founded_by("a"))


def test_an_event_id_used_again_by_another_founds_another_cluster() -> None:
    known = clusters()
    same = event_id("a")
    told_by = [told("a", TEN), told("b", TEN, owner="bob"), told("c", "else")]
    names = {known.put(each, same).cluster_id for each in told_by}
    assert (len(names), {name.version for name in names}) == (3, {8})


def test_the_same_content_joins_without_comparing() -> None:
    known = clusters()
    put(known, told("a", TEN))
    assert put(known, told("b", f"  {TEN.upper()}")) == Place(founded_by("a"), is_founder=False)
    assert known.comparing.candidates == 0


def test_what_is_alike_is_folded_in_and_what_is_less_so_left_to_a_person() -> None:
    known = clusters()
    put(known, told("a", TEN))
    folded = put(known, told("b", swapped(0)))
    assert (folded.cluster_id, folded.is_founder, folded.band) == (founded_by("a"), False, Band.FOLDED)
    apart = put(known, told("c", swapped(1, 2, 3)))
    assert apart.cluster_id == founded_by("c")
    assert [(one.memory_id, other.memory_id) for (one, other), *_ in known.doubts.standing()] == [("a", "c")]


@pytest.mark.parametrize("oldest", ["a", "b", "c"])
def test_of_many_in_doubt_those_most_alike_are_noted_then_the_oldest(oldest: str) -> None:
    known = Clusters(Known(), Rules(doubts_at_most=2))
    put(known, told("nearest", of_twenty(12, 13, 14, 15), minute=9))
    for name, edits in {"a": range(4), "b": range(4, 8), "c": range(8, 12)}.items():
        put(known, told(name, of_twenty(*edits, 16), minute=0 if name == oldest else 5))
    assert put(known, told("z", of_twenty())).is_founder
    doubts = [doubt for doubt in known.doubts.standing() if doubt.sides[1].memory_id == "z"]
    assert [doubt.sides[0].memory_id for doubt in doubts] == ["nearest", oldest]


def test_of_many_in_doubt_five_are_noted() -> None:
    known = clusters()
    for number, edits in enumerate([*(range(first, first + 4) for first in range(0, 20, 4)), (0, 5, 10, 15)]):
        assert put(known, told(f"m{number}", of_twenty(*edits))).is_founder
    put(known, told("z", of_twenty()))
    assert sum(doubt.sides[1].memory_id == "z" for doubt in known.doubts.standing()) == 5


def test_another_owner_is_another_world() -> None:
    known = clusters()
    put(known, told("a", TEN))
    assert put(known, told("b", TEN, owner="bob")).is_founder


def test_owners_whose_keys_are_equal_by_chance_are_worlds_apart_too() -> None:
    one, other = told("a", TEN, owner="o17672"), told("b", TEN, owner="o73663")
    assert set(one.keys) == set(other.keys)
    known = clusters()
    put(known, one)
    assert put(known, other).is_founder
    assert known.comparing.candidates == 0


def test_only_founders_are_compared_so_that_nothing_chains() -> None:
    known = clusters()
    put(known, told("a", TEN))
    assert put(known, told("b", swapped(0))).cluster_id == founded_by("a")
    # One word from the second, two from the first: 0.5 x 8/12 + 0.5 is below the band in which memories join.
    assert put(known, told("c", swapped(0, 1))).cluster_id == founded_by("c")


def of_twenty(*numbers: int) -> str:
    """Twenty words with some of them replaced: four make two founders, with three or fewer it is the same thing."""
    return " ".join(f"x{number}" if number in numbers else f"w{number}" for number in range(20))


def test_of_two_that_match_the_better_is_joined_though_the_other_be_older() -> None:
    known = clusters()
    assert put(known, told("young", of_twenty(), minute=5)).is_founder
    assert put(known, told("old", of_twenty(0, 1, 2, 3), minute=1)).is_founder
    assert put(known, told("nearer the young", of_twenty(0))).cluster_id == founded_by("young")
    assert put(known, told("nearer the old", of_twenty(0, 1, 2))).cluster_id == founded_by("old")


@pytest.mark.parametrize(("minute", "joined"), [(1, "b"), (3, "a"), (2, "a")])
def test_of_two_that_match_as_well_the_older_is_joined_then_the_lower_id(minute: int, joined: str) -> None:
    for order in (("a", "b"), ("b", "a")):
        known = clusters()
        founders = {
            "a": told("a", of_twenty(), minute=2),
            "b": told("b", of_twenty(0, 1, 2, 3), minute=minute),
        }
        assert all(put(known, founders[each]).is_founder for each in order)
        assert put(known, told("new", of_twenty(0, 1))).cluster_id == founded_by(joined)


def test_a_deleted_founder_is_followed_by_the_oldest_that_stays() -> None:
    known = clusters()
    put(known, told("a", TEN))
    put(known, told("c", swapped(1), minute=2))
    put(known, told("b", swapped(2), minute=1))
    known.leave("a")
    assert {name: place.is_founder for name, place in known.roster.places.items()} == {"b": True, "c": False}
    assert put(known, told("d", swapped(2, 0))).cluster_id == founded_by("a"), "found by the heir's words now"


def test_a_changed_member_is_placed_afresh() -> None:
    known = clusters()
    put(known, told("a", TEN))
    put(known, told("b", swapped(0)))
    assert put(known, told("b", "something else altogether"), "again") == Place(founded_by("b", "again"))
    assert put(known, told("b", TEN), "once more") == Place(founded_by("a"), is_founder=False)


def test_a_founder_alone_keeps_its_cluster_when_it_changes() -> None:
    known = clusters()
    put(known, told("a", TEN))
    assert put(known, told("a", "something else altogether"), "again") == Place(founded_by("a"))
    assert put(known, told("b", TEN)).cluster_id == founded_by("b"), "nothing is found under the old words"


def test_a_doubt_ends_with_the_content_that_it_was_about() -> None:
    known = clusters()
    put(known, told("a", TEN))
    put(known, told("c", swapped(1, 2, 3)))
    put(known, told("a", "something else altogether"), "again")
    assert not known.doubts.standing()


def test_what_a_person_has_kept_apart_is_in_doubt_no_more() -> None:
    first = clusters()
    put(first, told("a", TEN))
    put(first, told("c", swapped(1, 2, 3)))
    known = Clusters(Known(decided={doubt.sides: False for doubt in first.doubts.standing()}), Rules())
    put(known, told("a", TEN))
    put(known, told("c", swapped(1, 2, 3)))
    assert not known.doubts.standing()


def test_a_pair_taken_for_one_stands_under_the_older_founder() -> None:
    known = clusters()
    put(known, told("young", TEN, minute=5))
    put(known, told("mate", swapped(9), minute=6))
    put(known, told("old", swapped(1, 2, 3), minute=1))
    (doubt,) = known.doubts.standing()
    known.join(doubt.sides)
    assert {place.cluster_id for place in known.roster.places.values()} == {founded_by("old")}
    assert [name for name, place in known.roster.places.items() if place.is_founder] == ["old"]


def test_who_comes_back_stands_beside_the_memory_that_it_was_taken_for_one_with() -> None:
    known = Clusters(Known(decided={pair_of(told("a", TEN), told("c", swapped(1, 2, 3))): True}), Rules())
    put(known, told("a", TEN))
    assert put(known, told("c", swapped(1, 2, 3))).cluster_id == founded_by("a")
    assert put(known, told("c", "something else altogether"), "again").is_founder
    assert put(known, told("c", swapped(1, 2, 3)), "and again").is_founder


def test_a_pair_that_is_no_pair_parts_with_all_that_say_the_same() -> None:
    known = clusters()
    for minute, (name, content) in enumerate({"a": TEN, "b": swapped(0), "c": swapped(0), "d": swapped(1)}.items()):
        put(known, told(name, content, minute=minute))
    known.part(pair_of(known.roster.members["a"], known.roster.members["b"]), UUID(int=7))
    assert {name for name, place in known.roster.places.items() if place.cluster_id == UUID(int=7)} == {"b", "c"}
    assert put(known, told("e", swapped(0))).cluster_id == UUID(int=7)


def test_it_starts_from_what_the_database_has() -> None:
    founder = told("a", TEN)
    place = Place(UUID(int=7))
    known = Known({"a": (founder, place)}, keys={key: [place.cluster_id] for key in founder.source_keys})
    assert put(Clusters(known, Rules()), told("b", swapped(0))).cluster_id == UUID(int=7)


def test_no_more_clusters_are_looked_at_under_a_key_than_allowed() -> None:
    known = Clusters(Known(), Rules(at_most=3, crowd=3))
    for number in range(3):
        put(known, told(f"m{number}", f"text{number} word{number}"))
    assert known.comparing.candidates == 0 + 1 + 2
    put(known, told("as many as allowed", "some new words"))
    assert known.comparing.candidates == 3 + 3
    put(known, told("too many: by their words alone", "other words than ever"))
    assert known.comparing.candidates == 6


def test_those_who_were_few_once_are_found_by_their_words_when_they_have_become_many() -> None:
    known = Clusters(Known(), Rules(at_most=3, crowd=3))
    put(known, told("first", TEN))
    for number in range(20):
        put(known, told(f"m{number}", f"text{number} word{number}"))
    assert put(known, told("last", swapped(0))).cluster_id == founded_by("first")
