"""Who changes clusters has their owners to himself: whatever the mode, and a person as well. Each over a connection of
its own, stopped where it matters."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.erasing import Erasing
from consumer.adapters.sql.merging.clustering import Clustering
from consumer.adapters.sql.merging.departures import Departures
from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.adapters.sql.migrating import upgrade
from consumer.erasure import Kind, Subject
from consumer.errors import Transient
from consumer.memory.merging.clusters import Rules
from consumer.moves import Author
from consumer.records import DELETED, UPDATED, TopicPartition
from tests.contracts.clustered import Clustered, assert_whole, gone, swapped, told
from tests.stories import NOON

PATIENCE_SECONDS = 120
ANN = Author("ann@home", "the same walk", NOON)
ALIKE = swapped(1, 2, 3)
LOCKS_OWNERS, LOCKS_ROWS = "pg_advisory_xact_lock", "FOR UPDATE"
SOMEBODY_WAITS = (
    "SELECT 1 FROM pg_stat_activity, pg_sleep(0.02) WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


class Site:
    """A database, and consumers of it, each with connections of its own."""

    def __init__(self, url: str, opened: ExitStack) -> None:
        self._url = url
        self._opened = opened
        self._threads = opened.enter_context(ThreadPoolExecutor(1))
        self._partitions = 0
        upgrade(self.engine())

    def engine(self) -> Engine:
        engine = open_engine(self._url)
        self._opened.callback(engine.dispose)
        return engine

    def consumer(self, membership: type[Clustering | Departures] = Clustering) -> Clustered:
        self._partitions += 1
        partition = TopicPartition("memories", self._partitions)
        return Clustered(self.engine(), source=partition, membership=membership)

    def begin(self, work: Callable[[], Any]) -> Future[Any]:
        """Have something done beside us. Returns when it is done, or waits for a lock."""
        working = self._threads.submit(work)
        with self.engine().connect() as connection:
            for _ in range(PATIENCE_SECONDS * 50):
                if working.done() or connection.execute(text(SOMEBODY_WAITS)).first():
                    return working
        raise AssertionError("it neither ends nor waits")


@pytest.fixture
def site(fresh_database: Callable[[], str]) -> Iterator[Site]:
    with ExitStack() as opened:
        yield Site(fresh_database(), opened)


def before(engine: Engine, statement: str, work: Callable[[], Any]) -> None:
    """Do something just before this engine executes such a statement for the first time."""
    done: list[Any] = []

    def look(_connection: object, _cursor: object, executed: str, *_rest: object) -> None:
        if statement in executed and not done:
            done.append(None)
            work()

    event.listen(engine, "before_cursor_execute", look)


def before_commit(engine: Engine, work: Callable[[], Any]) -> None:
    """Do something once, with all locks of the transaction held."""
    event.listen(engine, "commit", lambda _connection: work(), once=True)


def test_a_memory_that_comes_into_being_meanwhile_is_deleted_on_the_next_try(site: Site) -> None:
    """A deletion does not say whose memory it is."""
    store, other = site.consumer(), site.consumer()
    store.write([told("bob's", "altogether other", owner="bob")])
    other.write([told("a", at=1)])
    batch = [gone("m"), told("bob's", "altogether other", owner="bob", again=" 2", at=3)]
    before(store.engine, LOCKS_OWNERS, lambda: other.write([told("m", swapped(1), at=2)]))
    with pytest.raises(Transient, match="became somebody's"):
        store.write(batch)
    assert store.write(batch) == {DELETED: 1, UPDATED: 1}
    assert store.query("SELECT memory_id FROM members WHERE memory_id = 'm'") == []
    assert_whole(store)


def test_who_is_erased_before_it_came_into_being_is_erased_on_the_next_try(site: Site) -> None:
    store, engine = site.consumer(), site.engine()
    store.write([told("a", at=1)])
    before(engine, LOCKS_ROWS, lambda: store.write([told("m", swapped(1), at=2)]))
    erasing = Erasing(engine, Rules(), lambda _: None)
    with pytest.raises(Transient, match="came into being meanwhile"):
        erasing.erase(Subject(Kind.MEMORY, "m"), ANN)
    erasing.erase(Subject(Kind.MEMORY, "m"), ANN)
    assert store.query("SELECT memory_id FROM members") == [("a",)]
    assert_whole(store)


def test_in_the_other_mode_it_is_left_from_where_a_person_has_put_it_meanwhile(site: Site) -> None:
    store, other = site.consumer(), site.consumer(Departures)
    store.write([told("a", at=1), told("b", ALIKE, at=2), told("b2", f"{ALIKE} more", at=3)])
    reviews = Reviews(site.engine(), Rules())
    (pair,) = reviews.waiting(None, 10)
    before(other.engine, LOCKS_OWNERS, lambda: reviews.accept(pair.id, ANN))
    assert other.write([gone("b2")]) == {DELETED: 1}
    assert store.query("SELECT memory_id FROM members ORDER BY memory_id") == [("a",), ("b",)]
    assert_whole(store)


def test_in_the_other_mode_who_has_joined_meanwhile_leaves_on_the_next_try(site: Site) -> None:
    store, other = site.consumer(), site.consumer(Departures)
    other.write([told("m", at=1)])
    before(other.engine, LOCKS_ROWS, lambda: store.write([told("m", at=2, again=" 2"), told("same", at=3)]))
    with pytest.raises(Transient, match="became somebody's"):
        other.write([gone("m")])
    assert other.write([gone("m")]) == {DELETED: 1}
    assert store.query("SELECT memory_id FROM members") == [("same",)]
    assert_whole(store)


def test_neither_mode_waits_for_an_owner_with_rows_in_hand(site: Site) -> None:
    store, other = site.consumer(), site.consumer(Departures)
    store.write([told("a", at=1), told("b", swapped(1), at=2)])
    begun: list[Future[Any]] = []
    again = told("b", swapped(1), again=" 2", at=3)
    before(other.engine, LOCKS_OWNERS, lambda: begun.append(site.begin(lambda: store.write([again]))))
    assert other.write([told("b", "new words", again=" 3", at=4)]) == {UPDATED: 1}
    assert begun[0].result(PATIENCE_SECONDS) == {UPDATED: 1}
    assert_whole(store)


def test_who_joins_waits_for_the_other_mode(site: Site) -> None:
    """Or it would leave its text to one who has another by now."""
    store, other = site.consumer(), site.consumer(Departures)
    store.write([told("a", at=1)])
    begun: list[Future[Any]] = []
    before_commit(other.engine, lambda: begun.append(site.begin(lambda: store.write([told("same", at=2)]))))
    other.write([told("a", "new words", again=" 2", at=3)])
    begun[0].result(PATIENCE_SECONDS)
    assert store.query("SELECT memory_id, is_founder FROM members") == [("same", True)]
    assert_whole(store)


def test_who_decides_waits_for_a_batch(site: Site) -> None:
    """Or somebody would be left in a cluster that is not there any more."""
    store, reviews = site.consumer(), Reviews(site.engine(), Rules())
    store.write([told("a", at=1), told("b", ALIKE, at=2)])
    (pair,) = reviews.waiting(None, 10)
    begun: list[Future[Any]] = []
    before_commit(store.engine, lambda: begun.append(site.begin(lambda: reviews.accept(pair.id, ANN))))
    store.write([told("same as b", ALIKE, at=3)])
    begun[0].result(PATIENCE_SECONDS)
    assert store.query("SELECT count(DISTINCT cluster_id), count(*) FROM members") == [(1, 3)]
    assert_whole(store)
