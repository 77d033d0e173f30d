"""Two consumers that write memories of the same owners at once, each over a connection of its own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from sqlalchemy import Engine

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.erasing import Erasing
from consumer.adapters.sql.migrating import upgrade
from consumer.erasure import Kind, Subject
from consumer.errors import Transient
from consumer.memory.merging.clusters import Rules
from consumer.memory.model import MemoryEvent
from consumer.moves import Author
from consumer.records import TopicPartition
from tests.contracts.clustered import Clustered, assert_whole, gone, told
from tests.stories import NOON

ROUNDS, PAIRS = 12, 8
OWNERS = ("ann", "bob", "cleo")
PATIENCE_SECONDS = 120
TRIES = 20

WHO_WITH_WHOM = "SELECT one.memory_id, other.memory_id FROM members one JOIN members other USING (cluster_id)"
VIEWS = "SELECT memory_id, owner_id, content, tags, confidence FROM merged_memories"


def batch(side: str, number: int) -> list[MemoryEvent]:
    """One side of pairs that are alike; the other worker has the other, in another order. Every fourth changes."""
    events = []
    for pair in range(PAIRS):
        words = [f"r{number}p{pair}w{word}" for word in range(10)]
        words[0] = side
        name, owner = f"{side} {number} {pair}", OWNERS[pair % len(OWNERS)]
        events.append(told(name, " ".join(words), owner=owner, sources=[f"{number} {pair}"], tags=[side]))
        if pair % 4 == 0:
            events.append(told(name, " ".join(words), owner=owner, sources=[f"{number} {pair}"], again=" 2", at=1))
    return events if side == "left" else events[::-1]


class Worker:
    """A consumer of one partition. What passes by itself it tries again, as the loop does."""

    def __init__(self, engine: Engine, number: int) -> None:
        self.store = Clustered(engine, source=TopicPartition("memories", number))
        self.retries = 0

    def write(self, events: Sequence[MemoryEvent]) -> None:
        for _ in range(TRIES):
            try:
                self.store.write(events)
            except Transient:
                self.retries += 1
            else:
                return
        raise AssertionError("it does not pass")


def erase(engine: Engine, names: Sequence[str]) -> None:
    for name in names:
        erasing = Erasing(engine, Rules(), lambda _: None)
        erasing.erase(Subject(Kind.MEMORY, name), Author("operator@home", None, NOON))


@pytest.fixture
def database(fresh_database: Callable[[], str]) -> Callable[[], str]:
    def make() -> str:
        url = fresh_database()
        with closing_engine(url) as engine:
            upgrade(engine)
        return url

    return make


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    """An engine of somebody's own."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def test_nothing_is_missed_between_them(database: Callable[[], str]) -> None:
    url = database()
    together = Barrier(2, timeout=PATIENCE_SECONDS)

    def work(engine: Engine, number: int, side: str) -> Worker:
        worker = Worker(engine, number)
        for round_ in range(ROUNDS):
            together.wait()
            worker.write(batch(side, round_))
        return worker

    with closing_engine(url) as one, closing_engine(url) as other, ThreadPoolExecutor(2) as threads:
        working = [threads.submit(work, one, 0, "left"), threads.submit(work, other, 1, "right")]
        workers = [each.result(PATIENCE_SECONDS) for each in working]
        assert [worker.retries for worker in workers] == [0, 0]
        at_once = workers[0].store
        assert_whole(at_once)
        who, seen = sorted(at_once.query(WHO_WITH_WHOM)), sorted(map(repr, at_once.query(VIEWS)))
    assert len(who) == ROUNDS * PAIRS * 4
    with closing_engine(database()) as engine:
        alone = Clustered(engine)
        for side in ("left", "right"):
            for round_ in range(ROUNDS):
                alone.write(batch(side, round_))
        assert (who, seen) == (sorted(alone.query(WHO_WITH_WHOM)), sorted(map(repr, alone.query(VIEWS))))


@pytest.mark.parametrize("is_erased", [False, True])
def test_a_founder_goes_while_another_joins_it(database: Callable[[], str], is_erased: bool) -> None:
    """By an event, or by an operator's hand: nobody is left standing in a cluster that is not there."""
    url = database()
    together = Barrier(2, timeout=PATIENCE_SECONDS)
    with closing_engine(url) as one, closing_engine(url) as other, ThreadPoolExecutor(2) as threads:
        left, right = Worker(one, 0), Worker(other, 1)
        left.write([event for round_ in range(ROUNDS) for event in batch("left", round_)])

        def delete() -> None:
            for round_ in range(ROUNDS):
                together.wait()
                names = [event.memory_id for event in batch("left", round_)]
                if is_erased:
                    erase(one, names)
                else:
                    left.write(list(map(gone, names)))

        def join() -> None:
            for round_ in range(ROUNDS):
                together.wait()
                right.write(batch("right", round_))

        for done in [threads.submit(delete), threads.submit(join)]:
            done.result(PATIENCE_SECONDS)
        assert_whole(left.store)
        names = left.store.query("SELECT memory_id FROM members WHERE is_founder")
        assert len(names) == ROUNDS * PAIRS and all(name.startswith("right") for (name,) in names)
