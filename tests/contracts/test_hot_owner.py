"""An owner with many memories: looking for candidates reads hardly more than for one with few. PostgreSQL."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, Engine, event, text

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.merging.reading import read_clusters
from consumer.adapters.sql.migrating import upgrade
from consumer.memory.merging.clusters import Clusters, Rules
from consumer.memory.merging.members import Member
from consumer.memory.model import MemoryEvent
from consumer.process.garbage import seldom_collected
from tests.contracts.clustered import Clustered
from tests.memory.merging.originals import member, memory
from tests.stories import NOON, event_id

DIALECT = dialect_of("postgresql", Timeouts())
FEW = 1_000
PROBES = 200
BY_CHANCE = 1.0
"""Candidates of a memory that are only a little like it, on the average of many."""
TRIES = 25


class Cost(NamedTuple):
    """What looking for the candidates of a batch took: pages of PostgreSQL's, and how many were found."""

    pages: int
    candidates: int


class Sources(StrEnum):
    """What the memories of an owner name as their sources."""

    FIVE_EACH = "a source is told five times"
    NONE = "no sources"
    ONE = "one source for all"


class Words:
    """Texts of a dozen words, some of them far more common than others."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._rng = random.Random(11)
        self._words = [f"word{number}" for number in range(5_000)]
        self._weights = [1 / (rank + 1) for rank in range(len(self._words))]

    def tellings(self, owner: str, count: int) -> Iterator[Member]:
        for number in range(count):
            words = self._rng.choices(self._words, self._weights, k=12)
            sources = self._named(owner, number)
            yield member(f"{owner}-{number}", memory(" ".join(words), owner=owner, sources=sources, people=["p"]))

    def _named(self, owner: str, number: int) -> list[str]:
        if self._sources is Sources.NONE:
            return []
        return [f"{owner}-talk-{number // 5}" if self._sources is Sources.FIVE_EACH else f"{owner}-talk"]


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


def candidates(connection: Connection, probes: Sequence[MemoryEvent]) -> int:
    """Look for the candidates, and compare them, as a batch of these events does. Returns how many there are."""
    newcomers = [Member(each.memory_id, each.occurred_at, each.memory) for each in probes if each.memory]
    before = read_clusters(ClusterRows(connection, DIALECT), Rules(), (), (), newcomers)
    clusters = Clusters(before.known(), Rules())
    for newcomer, probe in zip(newcomers, probes, strict=True):
        clusters.put(newcomer, probe.event_id)
    return len(before.members)


def cost(connection: Connection, probes: Sequence[MemoryEvent]) -> Cost:
    statements: list[tuple[str, Any]] = []
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append((args[2], args[3])))
    found = candidates(connection, probes)
    asked = list(statements)
    return Cost(sum(pages_of(connection, *statement) for statement in asked), found)


def seconds(connection: Connection, *batches: Sequence[MemoryEvent]) -> list[float]:
    """How long each takes at best, tried in turns: whatever else the machine does hits all alike."""
    taken: list[list[float]] = [[] for _ in batches]
    with seldom_collected():  # as in a consumer
        for _ in range(TRIES):
            for probes, times in zip(batches, taken, strict=True):
                started = time.perf_counter()
                candidates(connection, probes)
                times.append(time.perf_counter() - started)
    return [min(times) for times in taken]


def pages_of(connection: Connection, statement: str, parameters: Any) -> int:
    """How many pages the statement looks at."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    plan = connection.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.parametrize("many", [5_000, pytest.param(100_000, marks=pytest.mark.proof)])
@pytest.mark.parametrize("sources", Sources)
def test_many_memories_of_an_owner_do_not_slow_candidates_down(engine: Engine, many: int, sources: Sources) -> None:
    words = Words(sources)
    store = Clustered(engine)
    store.write(events(words.tellings("few", FEW)), size=1_000)
    store.write(events(words.tellings("many", many)), size=1_000)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    of_few, of_many = (events(words.tellings(owner, PROBES)) for owner in ("few", "many"))
    with engine.connect() as connection:
        DIALECT.open_for_batch(connection)
        few, hot = cost(connection, of_few), cost(connection, of_many)
        assert hot.candidates <= 2 * few.candidates + PROBES * BY_CHANCE
        assert hot.pages <= 2 * few.pages
        if many >= 100_000:
            short, long = seconds(connection, of_few, of_many)
            print(f"\n{FEW:,} memories: {few}, {short * 1e3:.1f} ms; {many:,}: {hot}, {long * 1e3:.1f} ms")
            assert long <= 2 * short
