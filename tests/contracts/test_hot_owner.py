"""An owner with many memories: looking for candidates reads hardly more than for one with few. PostgreSQL."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, Engine, event, text

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.migrating import upgrade
from consumer.memory.merging.clusters import Rules
from consumer.memory.merging.members import Member
from consumer.memory.model import MemoryEvent
from tests.contracts.clustered import Clustered
from tests.memory.merging.originals import member, memory
from tests.stories import NOON, event_id

FEW = 1_000
PROBES = 200
TRIES = 7
MOST_BY_CHANCE = 16
"""Candidates of a memory without sources, on the average of many."""


class Cost(NamedTuple):
    """What looking for the candidates of a batch took: pages of PostgreSQL's, candidates found, seconds."""

    pages: int
    candidates: int
    seconds: float


class Words:
    """Texts of a dozen words, some of them far more common than others; every conversation is told five times."""

    def __init__(self, *, with_sources: bool) -> None:
        self._with_sources = with_sources
        self._rng = random.Random(11)
        self._words = [f"word{number}" for number in range(5_000)]
        self._weights = [1 / (rank + 1) for rank in range(len(self._words))]

    def tellings(self, owner: str, count: int) -> Iterator[Member]:
        for number in range(count):
            words = self._rng.choices(self._words, self._weights, k=12)
            sources = [f"{owner}-talk-{number // 5}"] if self._with_sources else []
            yield member(f"{owner}-{number}", memory(" ".join(words), owner=owner, sources=sources, people=["p"]))


def events(members: Iterator[Member]) -> list[MemoryEvent]:
    return [
        MemoryEvent(event_id(each.memory_id), "CREATED", each.memory_id, NOON, "tests", each.memory) for each in members
    ]


@pytest.fixture
def engine(fresh_database: Callable[[], str]) -> Iterator[Engine]:
    engine = open_engine(fresh_database())
    upgrade(engine)
    yield engine
    engine.dispose()


def candidates(connection: Connection, probes: Sequence[Member]) -> int:
    """Look for the candidates as a batch of these memories does. Returns how many there are."""
    rows = ClusterRows(connection, dialect_of("postgresql", Timeouts()))
    under = rows.under({key for each in probes for key in each.keys}, Rules().at_most)
    return len(rows.members((), {cluster_id for clusters in under.values() for cluster_id in clusters}))


def cost(engine: Engine, probes: Sequence[Member]) -> Cost:
    seconds = []
    with engine.connect() as connection:
        statements: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *args: statements.append((args[2], args[3])))
        found = candidates(connection, probes)
        asked = list(statements)
        pages = sum(pages_of(connection, *statement) for statement in asked)
        for _ in range(TRIES):
            started = time.perf_counter()
            candidates(connection, probes)
            seconds.append(time.perf_counter() - started)
    return Cost(pages, found, median(seconds))


def pages_of(connection: Connection, statement: str, parameters: Any) -> int:
    """How many pages the statement looks at."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    plan = connection.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.parametrize("many", [5_000, pytest.param(100_000, marks=pytest.mark.proof)])
@pytest.mark.parametrize("with_sources", [True, False], ids=["sources", "no sources"])
def test_many_memories_of_an_owner_do_not_slow_candidates_down(engine: Engine, many: int, with_sources: bool) -> None:
    words = Words(with_sources=with_sources)
    store = Clustered(engine)
    store.write(events(words.tellings("few", FEW)), size=1_000)
    store.write(events(words.tellings("many", many)), size=1_000)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    few, hot = (cost(engine, list(words.tellings(owner, PROBES))) for owner in ("few", "many"))
    print(f"\n{FEW:,} memories: {few}; {many:,}: {hot}")
    if with_sources:
        assert hot.candidates <= 2 * few.candidates
        assert hot.pages <= 2 * few.pages
    else:
        # Of so many texts some are a little like the probe by chance: more are looked at, but few of all.
        assert hot.candidates <= PROBES * MOST_BY_CHANCE
    if with_sources and many >= 100_000:
        assert hot.seconds <= 2 * few.seconds
