"""The view of several memories."""

import random
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.memory.merging.folding import MOST_TAGS, changed_fields, fold
from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Bands, similarity
from consumer.memory.model import EmotionalContext, Memory, ParticipantDynamic, Temporal
from tests.memory.merging.originals import bond, feeling, member, memories, memory

BANDS = Bands()


def view(*members: Member) -> Memory:
    return fold(members, BANDS).memory


def felt(*members: Member) -> EmotionalContext:
    context = view(*members).emotional_context
    assert context is not None
    return context


def pair(one: Memory, other: Memory) -> tuple[Member, Member]:
    """An older and a younger one."""
    return member("a", one), member("b", other, minute=1)


def test_alone_it_is_its_own_view() -> None:
    told = memory(feeling=feeling("joy"), tags=["x"])
    assert fold([member("a", told)], BANDS) == ("a", member("a", told).occurred_at, told, ())


@given(st.lists(st.tuples(memories(), st.integers(0, 3)), min_size=1, max_size=5), st.randoms())
def test_it_depends_on_the_members_and_not_on_their_order(
    told: list[tuple[Memory, int]], chance: random.Random
) -> None:
    members = [member(f"m{number}", each, minute=minute) for number, (each, minute) in enumerate(told)]
    shuffled = list(members)
    chance.shuffle(shuffled)
    assert fold(shuffled, BANDS) == fold(members, BANDS)


@given(st.lists(memories(), min_size=1, max_size=5))
def test_no_id_is_lost_of_those_that_are_folded_in(told: list[Memory]) -> None:
    members = [member(f"m{number}", each, minute=number) for number, each in enumerate(told)]
    everything = fold(members, Bands(equal=1.1)).memory
    assert {person["id"] for person in everything.participants} == {
        person["id"] for each in told for person in each.participants
    }
    assert set(everything.source_message_ids) == {source for each in told for source in each.source_message_ids}
    assert set(everything.tags) == {tag for each in told for tag in each.tags}


def test_the_oldest_lends_its_words() -> None:
    seen = fold(pair(memory("older words"), memory("younger words")), BANDS)
    assert (seen.memory_id, seen.memory.content) == ("a", "older words")


def test_of_the_same_moment_the_lower_id_is_older() -> None:
    assert fold([member("b", memory("b")), member("a", memory("a"))], BANDS).memory_id == "a"


def test_what_equals_the_oldest_changes_no_field() -> None:
    older, younger = pair(memory(tags=["x"], confidence=0.1), memory(tags=["y"], confidence=0.9))
    assert view(older, younger) == older.memory


def test_lists_are_united_the_older_first() -> None:
    one = memory("a b", sources=["2", "1"], people=["p"], tags=["x"])
    other = memory("a c", sources=["3", "1"], people=["q", "p"], tags=["y", "x"])
    seen = view(*pair(one, other))
    assert seen.source_message_ids == ["2", "1", "3"]
    assert [person["id"] for person in seen.participants] == ["p", "q"]
    assert seen.tags == ["x", "y"]


def test_a_union_over_its_limit_is_cut_and_left_to_a_person() -> None:
    many = [f"t{number}" for number in range(MOST_TAGS)]
    seen = fold(pair(memory("a b", tags=many), memory("a c", tags=["more"])), BANDS)
    assert seen.memory.tags == many
    assert seen.conflicts == ("tags",)


def test_the_highest_confidence_counts_and_the_more_confident_summary() -> None:
    seen = view(*pair(memory("a b", summary="long and detailed", confidence=0.2), memory("a c", summary="short")))
    assert (seen.confidence, seen.summary) == (0.5, "short")


def test_at_equal_confidence_the_longer_summary_wins() -> None:
    assert view(*pair(memory("a b", summary="short"), memory("a c", summary="a longer one"))).summary == "a longer one"


def test_intensity_and_valence_are_weighted_by_confidence() -> None:
    one = memory("a b", confidence=0.2, feeling=feeling("joy", intensity=1.0, valence=-1.0))
    other = memory("a c", confidence=0.6, feeling=feeling("joy", intensity=0.0, valence=1.0))
    assert felt(*pair(one, other))["intensity"] == pytest.approx(0.25)
    assert felt(*pair(one, other))["valence"] == pytest.approx(0.5)


def test_without_any_confidence_the_means_are_plain() -> None:
    one = memory("a b", confidence=0.0, feeling=feeling("joy", intensity=1.0))
    other = memory("a c", confidence=0.0, feeling=feeling("joy", intensity=0.5))
    assert felt(*pair(one, other))["intensity"] == pytest.approx(0.75)


def test_both_values_of_a_conflict_are_kept() -> None:
    seen = view(*pair(memory("a b", metadata={"k": "old", "l": "x"}), memory("a c", metadata={"k": "new", "m": "y"})))
    assert seen.metadata == {"k": "old", "k@b": "new", "l": "x", "m": "y"}


@pytest.mark.parametrize(
    ("older", "younger", "primary", "conflicts"),
    [
        ((0.5, 1), (0.8, 1), "sadness", ()),
        ((0.8, 1), (0.5, 9), "joy", ()),
        ((0.5, 2), (0.6, 3), "sadness", ()),
        ((0.5, 3), (0.6, 2), "joy", ()),
        ((0.5, 3), (0.6, 4), "joy", ("primary_emotion",)),
        ((0.5, 0), (0.6, 0), "joy", ("primary_emotion",)),
        ((0.5, 2), (0.79, 2), "joy", ("primary_emotion",)),
        ((0.5, 7), (0.5, 10), "joy", ("primary_emotion",)),
    ],
)
def test_a_conflict_of_the_primary_emotion(
    older: tuple[float, int], younger: tuple[float, int], primary: str, conflicts: tuple[str, ...]
) -> None:
    """Each side by its confidence and its number of sources."""
    one = memory("a b", confidence=older[0], sources=[f"a{n}" for n in range(older[1])], feeling=feeling("joy"))
    other = memory(
        "a c", confidence=younger[0], sources=[f"b{n}" for n in range(younger[1])], feeling=feeling("sadness")
    )
    seen = fold(pair(one, other), BANDS)
    assert seen.memory.emotional_context is not None
    assert seen.memory.emotional_context["primary_emotion"] == primary
    assert seen.conflicts == conflicts


@pytest.mark.parametrize(
    ("confidence", "sources"), [((0.5, 0.9), ("b", "b")), ((0.5, 0.5), ("b", "c"))], ids=["the highest", "all of them"]
)
def test_those_who_name_one_emotion_are_one_side(confidence: tuple[float, float], sources: tuple[str, str]) -> None:
    """The confidence of a side is its members' highest, its sources are those of all."""
    alone = member("a", memory("a b", sources=["a"], feeling=feeling("joy")), minute=1)
    side = [
        member(name, memory(f"a {name}", confidence=sure, sources=[source], feeling=feeling("sadness")), minute=2)
        for name, sure, source in zip("bc", confidence, sources, strict=True)
    ]
    seen = fold([alone, *side], BANDS)
    assert seen.memory.emotional_context is not None
    assert (seen.memory.emotional_context["primary_emotion"], seen.conflicts) == ("sadness", ())


def test_in_the_way_is_whom_the_leading_side_can_not_outdo() -> None:
    seen = fold(
        [
            member("oldest", memory("a b")),
            member("leading", memory("a c", confidence=0.9, feeling=feeling("joy")), minute=2),
            member("as sure", memory("a d", confidence=0.9, feeling=feeling("fear")), minute=3),
            member("as sure too", memory("a e", confidence=0.9, feeling=feeling("fear")), minute=4),
            member("less sure", memory("a f", confidence=0.1, feeling=feeling("anger")), minute=1),
        ],
        BANDS,
    )
    assert [(dispute.oldest.memory_id, dispute.other.memory_id) for dispute in seen.disputes] == [("oldest", "as sure")]


def test_in_the_way_is_with_whom_a_union_goes_over_its_limit() -> None:
    many = [f"t{number}" for number in range(MOST_TAGS)]
    told = [
        memory("a b", tags=many[1:]),
        memory("a c", tags=many),
        memory("a d", tags=["x"]),
        memory("a e", tags=["y"]),
    ]
    seen = fold([member(str(minute), what, minute=minute) for minute, what in enumerate(told)], BANDS)
    assert [(dispute.field, dispute.other.memory_id) for dispute in seen.disputes] == [("tags", "2")]


def test_themes_are_united() -> None:
    one = memory("a b", feeling=feeling("joy", themes=["growth"]))
    other = memory("a c", feeling=feeling("joy", themes=["grief", "growth"]))
    assert felt(*pair(one, other))["themes"] == ["growth", "grief"]


def test_secondary_emotions_are_united_without_the_primary_one() -> None:
    one = memory("a b", feeling={**feeling("joy"), "secondary_emotions": ["trust"]})
    other = memory("a c", feeling={**feeling("joy"), "secondary_emotions": ["joy", "love", "trust"]})
    assert felt(*pair(one, other))["secondary_emotions"] == ["trust", "love"]


def test_of_how_the_emotion_moves_the_oldest_that_tells_it_is_believed() -> None:
    temporal: Temporal = {"is_building": True, "is_resolving": False, "expected_duration": "transient"}
    later: Temporal = {**temporal, "expected_duration": "long_term"}
    told = [
        memory("a b", feeling=feeling("joy")),
        memory("a c", feeling={**feeling("joy"), "temporal": temporal}),
        memory("a d", feeling={**feeling("joy"), "temporal": later}),
    ]
    assert felt(*(member(str(n), each, minute=n) for n, each in enumerate(told)))["temporal"] == temporal


@pytest.mark.parametrize(("confidences", "strength"), [((0.5, 0.9, 0.8), 0.1), ((0.5, 0.5, 0.5), 0.0)])
def test_the_relationship_is_that_of_the_most_confident_else_of_the_oldest(
    confidences: tuple[float, ...], strength: float
) -> None:
    told = [
        replace(memory(f"a {n}", confidence=confidence), relationship_dynamics=bond(n / 10))
        for n, confidence in enumerate(confidences)
    ]
    dynamics = view(*(member(str(n), each, minute=n) for n, each in enumerate(told))).relationship_dynamics
    assert dynamics and dynamics["connection_strength"] == strength


MANY_WORDS = " ".join(f"w{number}" for number in range(40))


def test_at_the_score_from_which_on_nothing_is_added_nothing_is() -> None:
    one, other = pair(memory(MANY_WORDS), memory(f"{MANY_WORDS} more", tags=["x"]))
    score = similarity(one.traits, other.traits)
    assert fold((one, other), Bands(equal=score)).memory == one.memory
    assert fold((one, other), Bands(equal=score + 1e-9)).memory.tags == ["x"]


def test_who_says_the_opposite_is_not_equal_whatever_the_score() -> None:
    one, other = pair(memory(MANY_WORDS), memory(f"{MANY_WORDS} not", tags=["x"]))
    assert similarity(one.traits, other.traits) > BANDS.equal
    assert view(one, other).tags == ["x"]


def test_means_never_leave_their_values() -> None:
    shares = (0.1, 0.7, 0.1)
    for order in permutations(shares):
        told = [
            member(f"m{n}", memory(f"a {n}", confidence=share, feeling=feeling("joy", intensity=1.0)))
            for n, share in enumerate(order)
        ]
        assert felt(*told)["intensity"] == 1.0


def test_what_changed_is_named() -> None:
    assert changed_fields(memory("a"), memory("b", tags=["x"])) == ["content", "tags"]


def test_three_tenths_are_three_tenths() -> None:
    one = memory("a b", confidence=0.4, feeling=feeling("joy"))
    other = memory("a c", confidence=0.7, feeling=feeling("sadness"))
    assert felt(*pair(one, other))["primary_emotion"] == "sadness"


def test_a_key_that_looks_like_a_kept_value_is_not_written_over() -> None:
    seen = view(*pair(memory("a b", metadata={"k": "1", "k@b": "mine"}), memory("a c", metadata={"k": "2"})))
    assert seen.metadata == {"k": "1", "k@b": "mine", "k@b'": "2"}


def test_a_relationship_is_among_the_people_that_are_shown() -> None:
    one = memory("a b", people=[f"p{number}" for number in range(50)])
    other = memory("a c", people=["q1", "q2"], confidence=0.9)
    pairs: list[ParticipantDynamic] = [{"participants": ["q1", "q2"], "kind": "supportive"}]
    other.relationship_dynamics = {**bond(0.5), "participant_dynamics": pairs}
    dynamics = view(*pair(one, other)).relationship_dynamics
    assert dynamics is not None and dynamics["participant_dynamics"] == []
