"""What is read of clusters is enough for what may happen to them: on PostgreSQL and on SQLite."""

import pytest
from sqlalchemy import Engine, text

from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.errors import Fatal
from consumer.memory.merging.clusters import Rules
from consumer.memory.model import MemoryEvent
from consumer.moves import Author
from tests.contracts.clustered import TEN, Clustered, assert_whole, gone, swapped, the_one_waiting, told
from tests.contracts.test_written_clusters import counted
from tests.stories import NOON

ANN = Author("ann@home", "the same walk", NOON)
CLUSTERS = "SELECT count(DISTINCT cluster_id) FROM members"
ALIKE = swapped(1, 2, 3)


@pytest.fixture
def store(engine: Engine) -> Clustered:
    return Clustered(engine)


def test_who_was_kept_apart_joins_when_it_says_the_same(store: Clustered, reviews: Reviews) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    reviews.reject(the_one_waiting(reviews), ANN)
    store.write([told("b", again=" 2", at=2)])
    assert store.query(CLUSTERS) == [(1,)]
    assert_whole(store)


def test_who_has_the_text_is_read_though_nothing_else_of_it_is_seen(store: Clustered) -> None:
    """Neither the founder nor the oldest: but what the oldest says is in its row."""
    store.write([told("founder", swapped(0), at=3), told("holder", at=5)])
    store.write([told("oldest", at=2)])
    store.write([told("later", at=7)])
    assert store.query("SELECT memory_id FROM memories WHERE content IS NOT NULL ORDER BY memory_id") == [
        ("founder",),
        ("holder",),
    ]
    assert_whole(store)


def test_the_founder_is_read_though_nothing_of_it_is_seen(store: Clustered) -> None:
    """Neither the oldest, nor with the text in its row: but others are compared with it."""
    store.write([told("first", swapped(0), at=3), told("holder", at=5), told("heir", at=4)])
    store.write([gone("first")])
    store.write([told("oldest", at=1)])
    store.write([told("same", at=7), told("alike", swapped(9), at=8)])
    assert store.query("SELECT memory_id FROM members WHERE is_founder") == [("heir",)]
    assert_whole(store)


def test_all_keys_of_those_who_leave_are_read(engine: Engine) -> None:
    """A source was crowded, and is no more: the keys of words go all the same."""
    store = Clustered(engine, Rules(at_most=2, crowd=2))
    store.write([told(f"m{number}", " ".join(f"m{number}w{word}" for word in range(9))) for number in range(3)])
    for number in range(3):
        assert_whole(store)
        store.write([gone(f"m{number}")])
    assert store.query("SELECT count(*) FROM similarity_keys") == [(0,)]


@pytest.mark.parametrize("decided", ["accept", "reject"])
def test_a_decision_is_about_what_was_said(store: Clustered, reviews: Reviews, decided: str) -> None:
    store.write([told("a"), told("b", ALIKE, at=1)])
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE reviews SET content_hash = other_content_hash"))
    with pytest.raises(Fatal, match="nothing is decided"):
        getattr(reviews, decided)(the_one_waiting(reviews), ANN)
    assert store.query(CLUSTERS) == [(2,)]


@pytest.mark.parametrize("sources", [0, 1, 20], ids="{} sources".format)
def test_candidates_are_looked_for_once_for_a_batch(engine: Engine, sources: int) -> None:
    """Whether sources tell, are crowded, or there are none."""

    def batch(many: int) -> list[MemoryEvent]:
        own = ((number, f"{TEN} a{number}of{many} b{number}of{many} c{number}of{many}") for number in range(many))
        named = ((number, text, [f"s{number % sources}"] if sources else []) for number, text in own)
        return [told(f"{number} of {many}", text, sources=shared, people=[]) for number, text, shared in named]

    store = Clustered(engine)
    store.write(batch(40))
    statements, kinds = counted(engine), list[list[str]]()
    for many in (10, 200):
        statements.clear()
        store.write(batch(many))
        kinds.append([" ".join(each.split()[:3]) for each in statements])
    assert kinds[0] == kinds[1]
    assert store.query("SELECT min(candidates) > 10 FROM batch_effects WHERE placed IN (10, 200)")[0][0]
