"""What a person decides about two memories: on PostgreSQL and on SQLite."""

from typing import Any

import pytest
from sqlalchemy import Engine

from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.errors import Fatal
from consumer.memory.model import MemoryEvent
from consumer.moves import Author
from tests.contracts.clustered import TEN, Clustered, assert_whole, event_of, gone, swapped, the_one_waiting, told
from tests.memory.merging.originals import feeling, memory
from tests.stories import NOON

ANN = Author("ann@home", "the same walk", NOON)
PLACES = "SELECT memory_id, is_founder, band FROM members ORDER BY memory_id"
CLUSTERS = "SELECT count(DISTINCT cluster_id) FROM members"
DECISIONS = "SELECT decision, decided_by, decided_because FROM reviews"
TOGETHER = """
    SELECT one.memory_id FROM reviews JOIN members AS one USING (memory_id)
    JOIN members AS other ON other.memory_id = reviews.other_memory_id
    WHERE decision = 'rejected' AND one.cluster_id = other.cluster_id
"""
VIEWS = "SELECT memory_id FROM merged_memories"

# Alike to 0.77 of its words with the sources and people shared.
ALIKE = swapped(1, 2, 3)


@pytest.fixture
def store(engine: Engine) -> Clustered:
    return Clustered(engine)


def test_both_texts_are_told_whoever_has_them(store: Clustered, reviews: Reviews) -> None:
    store.write([told("a", at=2), told("a2", TEN.upper(), at=1), told("b", ALIKE)])
    (review,) = reviews.waiting("ann", 10)
    assert (review.one.memory.content, review.other.memory.content) == (TEN, ALIKE)
    assert (review.reason, review.decision) == ("alike", None)
    assert reviews.waiting("bob", 10) == reviews.decided(None, 10) == []


def test_accepted_clusters_become_one_under_the_older_founder(store: Clustered, reviews: Reviews) -> None:
    store.write([told("young", at=5), told("young2", at=6, tags=["new"]), told("old", ALIKE, at=1)])
    reviews.accept(the_one_waiting(reviews), ANN)
    assert store.query(PLACES) == [("old", True, "same"), ("young", False, "review"), ("young2", False, "review")]
    assert store.query(VIEWS) == [("old",)]
    assert store.query("SELECT content, tags IS NULL FROM merged_memories")[0][0] == ALIKE
    assert store.query(DECISIONS) == [("accepted", "ann@home", "the same walk")]
    assert store.query("SELECT memory_id, band FROM merge_history ORDER BY id")[-2:] == [
        ("young", "review"),
        ("young2", "review"),
    ]
    assert reviews.waiting(None, 10) == []
    assert [review.decision for review in reviews.decided(None, 10)] == ["accepted"]


def test_who_founds_no_more_is_found_no_more(store: Clustered, reviews: Reviews) -> None:
    """But what says the same as it still joins it."""
    store.write([told("a"), told("b", ALIKE, at=1)])
    reviews.accept(the_one_waiting(reviews), ANN)
    store.write([told("like b", swapped(1, 2, 3, 4), at=2), told("same as b", ALIKE, at=3)])
    assert store.query("SELECT memory_id FROM members WHERE is_founder ORDER BY memory_id") == [("a",), ("like b",)]
    assert store.query("SELECT count(*) FROM memories WHERE content IS NULL") == [(1,)]
    assert_whole(store)


@pytest.mark.parametrize("changed", ["a", "b"])
def test_an_accepted_pair_stays_together_while_both_say_the_same(
    store: Clustered, reviews: Reviews, changed: str
) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    reviews.accept(the_one_waiting(reviews), ANN)
    content = {"a": TEN, "b": ALIKE}[changed]
    store.write([told(changed, content, again=" 2", at=9, tags=["new"])])
    assert store.query(CLUSTERS) == [(1,)]
    assert store.query(DECISIONS)[0][0] == "accepted"
    assert_whole(store)


@pytest.mark.parametrize("size", [1, 5])
def test_a_decision_lapses_with_another_content_and_does_not_come_back(
    store: Clustered, reviews: Reviews, size: int
) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    reviews.accept(the_one_waiting(reviews), ANN)
    store.write([told("b", "else", again=" 2", at=2), told("b", ALIKE, again=" 3", at=3)], size=size)
    assert store.query(CLUSTERS) == [(2,)]
    assert store.query(DECISIONS) == [(None, None, None)]


def test_a_contradiction_that_was_accepted_is_folded_in(store: Clustered, reviews: Reviews) -> None:
    words = " ".join(f"w{number}" for number in range(40))
    store.write([told("a", words), told("b", f"{words} not", at=1, tags=["new"])])
    reviews.accept(the_one_waiting(reviews), ANN)
    assert "new" in str(store.query("SELECT tags FROM merged_memories"))


@pytest.mark.parametrize("decided", ["accept", "reject"])
def test_a_decision_goes_with_a_deletion(store: Clustered, reviews: Reviews, decided: str) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    getattr(reviews, decided)(the_one_waiting(reviews), ANN)
    store.write([gone("a")])
    assert store.query(DECISIONS) == []
    assert store.query(PLACES) == [("b", True, "same")]


def test_a_rejected_pair_is_not_asked_about_again(store: Clustered, reviews: Reviews) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    reviews.reject(the_one_waiting(reviews), ANN)
    store.write([told("b", ALIKE, again=" 2", at=2, tags=["new"]), told("a", again=" 2", at=3, tags=["new"])])
    assert reviews.waiting(None, 10) == []
    assert store.query(CLUSTERS) == [(2,)]


def test_who_stands_together_is_taken_apart_and_stays_so(store: Clustered, reviews: Reviews) -> None:
    store.write([felt("a", TEN, "joy"), felt("b", swapped(0), "sadness", at=1), felt("b2", swapped(0), "joy", at=2)])
    (review,) = [each for each in reviews.waiting(None, 10) if each.other.memory_id == "b"]
    assert review.reason == "primary_emotion"
    reviews.reject(review.id, ANN)
    assert store.query(PLACES) == [("a", True, "same"), ("b", True, "same"), ("b2", False, "same")]
    assert store.query(VIEWS) == [("b",)]
    store.write([felt("b", swapped(0), "sadness", at=3, again=" 2")])
    assert store.query(CLUSTERS) == [(2,)]
    assert_whole(store)


@pytest.mark.parametrize("size", [1, 2])
def test_who_was_kept_apart_from_a_member_stays_out_of_its_cluster(
    store: Clustered, reviews: Reviews, size: int
) -> None:
    """The founder came first, but is not the oldest: it is with another member that the pair was."""
    store.write([felt("founder", TEN, "joy", at=5), felt("oldest", swapped(0), "joy", at=1)])
    store.write([felt("other", swapped(9), "fear", at=6)])
    (review,) = reviews.waiting(None, 10)
    assert (review.one.memory_id, review.other.memory_id) == ("oldest", "other")
    reviews.reject(review.id, ANN)
    assert store.query(PLACES) == [("founder", True, "same"), ("oldest", False, "folded"), ("other", True, "same")]
    again = [felt("other", swapped(9), "fear", at=7, again=" 2"), felt("oldest", swapped(0), "joy", at=8, again=" 2")]
    store.write(again, size=size)
    assert store.query("SELECT memory_id FROM members WHERE is_founder ORDER BY memory_id") == [
        ("founder",),
        ("other",),
    ]
    assert store.query(CLUSTERS) == [(2,)]
    assert_whole(store)


def test_a_dispute_waits_as_long_as_it_lasts(store: Clustered, reviews: Reviews) -> None:
    store.write([felt("a", TEN, "joy"), felt("b", swapped(0), "sadness", at=1)])
    assert the_one_waiting(reviews)
    store.write([felt("a", TEN, "sadness", at=2, again=" 2")])
    assert reviews.waiting(None, 10) == []
    store.write([felt("b", swapped(0), "fear", at=3, again=" 2")])
    assert the_one_waiting(reviews)


def test_history_names_a_conflict_with_whom_it_began(store: Clustered) -> None:
    store.write([felt("a", TEN, "joy"), felt("b", swapped(0), "sadness", at=1), felt("c", swapped(9), "joy", at=2)])
    conflicts = [name for row in store.query("SELECT conflicts FROM merge_history ORDER BY id") for name in row]
    assert [("primary_emotion" in str(each)) for each in conflicts] == [True, False]


def test_a_dispute_comes_up_when_somebody_leaves(store: Clustered, reviews: Reviews) -> None:
    sure = felt("a", TEN, "joy", confidence=0.9)
    store.write([sure, felt("b", swapped(0), "sadness", at=1), felt("c", swapped(9), "joy", at=2)])
    assert reviews.waiting(None, 10) == []
    store.write([gone("a")])
    assert store.query("SELECT memory_id, other_memory_id, reason FROM reviews") == [("b", "c", "primary_emotion")]


def test_who_joined_by_a_persons_word_is_not_asked_about_again(store: Clustered, reviews: Reviews) -> None:
    store.write([felt("a", TEN, "joy", at=5), felt("oldest", swapped(9), "joy", at=1)])
    store.write([felt("b", ALIKE, "sadness", at=6)])
    reviews.accept(the_one_waiting(reviews), ANN)
    assert store.query("SELECT conflicts FROM merged_memories") in (
        [(["primary_emotion"],)],
        [('["primary_emotion"]',)],
    )
    assert reviews.waiting(None, 10) == []


def test_an_heir_that_joined_by_a_persons_word_is_asked_about_with_those_who_join_it(
    store: Clustered, reviews: Reviews
) -> None:
    store.write([felt("a", TEN, "joy", at=5), felt("b", ALIKE, "sadness", at=6)])
    reviews.accept(the_one_waiting(reviews), ANN)
    store.write([gone("a"), felt("older", swapped(1, 2, 3, 4), "joy", at=1)])
    assert store.query("SELECT memory_id, other_memory_id, reason FROM reviews") == [("b", "older", "primary_emotion")]


def test_what_a_person_has_decided_about_stays_when_the_dispute_ends(store: Clustered, reviews: Reviews) -> None:
    store.write([felt("a", TEN, "joy"), felt("b", swapped(0), "sadness", at=1)])
    reviews.accept(the_one_waiting(reviews), ANN)
    store.write([felt("b", swapped(0), "joy", at=2, again=" 2")])
    assert store.query(DECISIONS) == [("accepted", "ann@home", "the same walk")]


@pytest.fixture
def three(store: Clustered) -> Clustered:
    """Each of which waits with each."""
    store.write([told("a"), told("b", swapped(6, 7, 8, 9), at=1), told("c", swapped(6, 7), at=2)])
    return store


def of(reviews: Reviews, one: str, other: str) -> int:
    """The pair of these two, decided or not."""
    pairs = [*reviews.waiting(None, 10), *reviews.decided(None, 10)]
    (number,) = (each.id for each in pairs if (each.one.memory_id, each.other.memory_id) == (one, other))
    return number


def test_who_was_rejected_is_not_brought_together_by_a_third(three: Clustered, reviews: Reviews) -> None:
    reviews.reject(of(reviews, "a", "b"), ANN)
    reviews.accept(of(reviews, "a", "c"), ANN)
    before = three.tables()
    with pytest.raises(Fatal, match="bring a and b together") as refused:
        reviews.accept(of(reviews, "b", "c"), ANN)
    assert "review list --decided" in (refused.value.advice or "")
    assert three.tables() == before
    reviews.accept(of(reviews, "a", "b"), ANN)
    reviews.accept(of(reviews, "b", "c"), ANN)
    assert three.query(CLUSTERS) == [(1,)]


@pytest.mark.parametrize("changed", ["a", "b", "c"])
def test_who_was_rejected_stays_apart_though_both_were_taken_for_one_with_a_third(
    three: Clustered, reviews: Reviews, changed: str
) -> None:
    reviews.accept(of(reviews, "a", "c"), ANN)
    reviews.accept(of(reviews, "b", "c"), ANN)
    reviews.reject(of(reviews, "a", "b"), ANN)
    content = {"a": TEN, "b": swapped(6, 7, 8, 9), "c": swapped(6, 7)}[changed]
    three.write([told(changed, content, again=" 2", at=9, tags=["new"])])
    assert three.query(TOGETHER) == []
    assert_whole(three)


def test_a_mind_can_be_changed(store: Clustered, reviews: Reviews) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    first = the_one_waiting(reviews)
    before = store.tables()
    reviews.accept(first, ANN)
    reviews.reject(first, ANN)
    assert store.query(CLUSTERS) == [(2,)]
    assert store.query(VIEWS) == []
    assert store.tables()["memories"] == before["memories"]
    assert_whole(store)


def test_a_pair_that_is_gone_can_not_be_decided(store: Clustered, reviews: Reviews) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    gone_by_now = the_one_waiting(reviews)
    store.write([gone("b")])
    with pytest.raises(Fatal, match="no pair"):
        reviews.accept(gone_by_now, ANN)


def felt(
    name: str, content: str, emotion: Any, *, at: int = 0, again: str = "", confidence: float = 0.5
) -> MemoryEvent:
    said = memory(content, sources=["s"], people=["p"], confidence=confidence, feeling=feeling(emotion))
    return event_of(name, said, at=at, again=again)
