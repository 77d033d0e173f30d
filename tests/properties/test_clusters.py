"""However a sequence of events is cut into batches, the same clusters stand in the tables in the end; what is seen of
them, and what is in dispute, follows from who is in them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.cluster_rows import ClusterRows, FoundMember
from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.adapters.sql.tables import members, merged_memories, metadata
from consumer.devstack.postgres import temporary_database
from consumer.errors import Fatal
from consumer.memory.merging.clusters import Rules
from consumer.memory.merging.doubts import ALIKE, CONTRADICTION
from consumer.memory.merging.folding import fold
from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import similarity
from consumer.memory.model import Memory
from consumer.moves import Author
from tests.contracts.clustered import Clustered, assert_whole
from tests.properties.cluster_stories import (
    AWAY_AND_BACK,
    DISPUTED,
    DOUBTED_BEFORE_DISPUTED,
    ECHOED,
    ITS_HEIR_IS_IN_DISPUTE,
    LED_BY_ANOTHER,
    OF_THREE,
    TAKEN_FOR_ONE,
    WORDED_ANOTHER_WAY,
    Entry,
    Told,
    all_but_one_leave,
    events_of,
    stories,
)
from tests.properties.conftest import examples
from tests.stories import NOON

SIZES = (1, 2, 3, 7, 500)

FEW = Rules(at_most=2, crowd=2, doubts_at_most=1)
"""Bounds that a few memories reach."""


class Databases:
    """One for each size of batches, empty again for every example."""

    def __init__(self, urls: Mapping[int, str]) -> None:
        self._engines = {size: open_engine(url) for size, url in urls.items()}
        for engine in self._engines.values():
            metadata.create_all(engine)

    def empty(self, size: int, rules: Rules) -> Clustered:
        """The database of this size, with nothing in it."""
        with self._engines[size].begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
        return Clustered(self._engines[size], rules)

    def close(self) -> None:
        """Close them all."""
        for engine in self._engines.values():
            engine.dispose()


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    folder = tmp_path_factory.mktemp("clusters")
    with closing(Databases({size: f"sqlite:///{folder}/{size}.db" for size in SIZES})) as databases:
        yield databases


@pytest.fixture(scope="module")
def on_postgres(postgres_url: str) -> Iterator[Databases]:
    with ExitStack() as stack:
        urls = {size: stack.enter_context(temporary_database(postgres_url)) for size in (1, 500)}
        yield stack.enter_context(closing(Databases(urls)))


@settings(max_examples=examples(quick=80))
@given(story=stories(), rules=st.sampled_from((Rules(), FEW, Rules(at_most=1, crowd=1))))
@example(story=DISPUTED, rules=Rules())
@example(story=AWAY_AND_BACK, rules=Rules())
@example(story=ECHOED[:4], rules=Rules())
@example(story=ECHOED, rules=Rules())
@example(story=WORDED_ANOTHER_WAY, rules=Rules())
@example(story=all_but_one_leave(), rules=FEW)
@example(story=DOUBTED_BEFORE_DISPUTED, rules=Rules())
def test_the_size_of_batches_makes_no_difference(databases: Databases, story: list[Entry], rules: Rules) -> None:
    assert_batches_make_no_difference(databases, SIZES, story, rules)


@settings(max_examples=examples(quick=10))
@given(story=stories(), rules=st.sampled_from((Rules(), FEW)))
@example(story=DOUBTED_BEFORE_DISPUTED, rules=Rules())
@example(story=all_but_one_leave(), rules=FEW)
def test_nor_on_postgresql(on_postgres: Databases, story: list[Entry], rules: Rules) -> None:
    assert_batches_make_no_difference(on_postgres, (1, 500), story, rules)


def assert_batches_make_no_difference(
    databases: Databases, sizes: Sequence[int], story: list[Entry], rules: Rules
) -> None:
    events = events_of(story)
    one_by_one = databases.empty(1, rules)
    one_by_one.write(events, size=1)
    assert_whole(one_by_one)
    expected = one_by_one.tables()
    for size in sizes[1:]:
        batched = databases.empty(size, rules)
        batched.write(events, size=size)
        assert batched.tables() == expected, f"in batches of {size}"
        assert batched.tally == one_by_one.tally


@settings(max_examples=examples(quick=40))
@given(story=stories(), size=st.sampled_from(SIZES))
@example(story=ECHOED[:4], size=2)
@example(story=ECHOED, size=1)
@example(story=WORDED_ANOTHER_WAY, size=500)
def test_a_view_is_the_fold_of_its_members(databases: Databases, story: list[Entry], size: int) -> None:
    store = databases.empty(size, Rules())
    store.write(events_of(story), size=size)
    clusters = members_of(store)
    with store.engine.connect() as connection:
        views = {row.cluster_id: row for row in connection.execute(select(merged_memories))}
    assert views.keys() == {cluster_id for cluster_id, those in clusters.items() if len(those) > 1}
    for cluster_id, row in views.items():
        view = fold(clusters[cluster_id], Rules().bands)
        shown = Memory(**{name: row._mapping[name] for name in Memory.__slots__})
        assert (row.memory_id, row.occurred_at, shown) == (view.memory_id, view.occurred_at, view.memory)


@settings(max_examples=examples(quick=60))
@given(
    story=stories(),
    size=st.sampled_from(SIZES),
    decisions=st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=4),
    rest=stories(),
)
@example(story=DISPUTED[:2], size=1, decisions=[], rest=[Told(0, 3, emotion="anger")])
@example(story=LED_BY_ANOTHER, size=1, decisions=[], rest=[Told(0, 3, is_deletion=True)])
@example(story=TAKEN_FOR_ONE, size=1, decisions=[(0, True)], rest=ITS_HEIR_IS_IN_DISPUTE)
@example(
    story=OF_THREE,
    size=1,
    decisions=[(1, True), (1, True), (0, False)],
    rest=[OF_THREE[1]._replace(minute=9, tags=1)],
)
def test_disputes_that_wait_are_those_of_the_views(
    databases: Databases, story: list[Entry], size: int, decisions: list[tuple[int, bool]], rest: list[Entry]
) -> None:
    store, events = databases.empty(size, Rules()), events_of([*story, *rest])
    store.write(events[: len(story)], size=size)
    assert_disputes_are_those_of_the_views(store)
    for number, is_one in decisions:
        decide(store, number, is_one=is_one)
        assert_disputes_are_those_of_the_views(store)
    store.write(events[len(story) :], size=size)
    assert_disputes_are_those_of_the_views(store)
    assert_whole(store)


def decide(store: Clustered, number: int, *, is_one: bool) -> None:
    """A person decides about one of the pairs, if there are any: it may be not for the first time, nor possible."""
    reviews = Reviews(store.engine, Rules())
    if pairs := [*reviews.waiting(None, 100), *reviews.decided(None, 100)]:
        review = pairs[number % len(pairs)]
        with suppress(Fatal):
            (reviews.accept if is_one else reviews.reject)(review.id, Author("ann", None, NOON))


def assert_disputes_are_those_of_the_views(store: Clustered) -> None:
    """Worked out anew; a pair that is there for another reason, or is decided about, stays as it is. Who was rejected
    stands apart."""
    found = found_in(store)
    expected = disputes_of(found)
    rows = store.query("SELECT memory_id, other_memory_id, reason, score, decision FROM reviews")
    others = {(one, other) for one, other, reason, _, decision in rows if decision or reason in (ALIKE, CONTRADICTION)}
    waiting = {row[:4] for row in rows if row[:2] not in others}
    clusters = {each.member.memory_id: each.place.cluster_id for each in found}
    assert not [row for row in rows if row[4] == "rejected" and clusters[row[0]] == clusters[row[1]]]
    assert waiting == {(*pair, *why) for pair, why in expected.items() if pair not in others}


def disputes_of(found: Sequence[FoundMember]) -> dict[tuple[str, str], tuple[str, float]]:
    """Whose fields the views leave undecided, why, and how alike they are. Who joined by a person's word has been
    looked at, unless the others stand beside it by now."""
    looked_at = {each.member.memory_id for each in found if each.place.band == "review" and not each.place.is_founder}
    disputes: dict[tuple[str, str], tuple[str, float]] = {}
    for those in clusters_of(found).values():
        for field, oldest, other in fold(those, Rules().bands).disputes:
            if other.memory_id not in looked_at:
                one, two = sorted((oldest.memory_id, other.memory_id))
                disputes.setdefault((one, two), (field, similarity(oldest.traits, other.traits)))
    return disputes


def members_of(store: Clustered) -> dict[UUID, list[Member]]:
    """All clusters, each with its members, as the database has them."""
    return clusters_of(found_in(store))


def clusters_of(found: Sequence[FoundMember]) -> dict[UUID, list[Member]]:
    clusters: dict[UUID, list[Member]] = {}
    for each in found:
        clusters.setdefault(each.place.cluster_id, []).append(each.member)
    return clusters


def found_in(store: Clustered) -> list[FoundMember]:
    with store.engine.connect() as connection:
        ids = connection.scalars(select(members.c.cluster_id)).all()
        return ClusterRows(connection, dialect_of("sqlite", Timeouts())).members(set(ids))
