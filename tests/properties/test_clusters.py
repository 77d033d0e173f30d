"""However a sequence of events is cut into batches, the same clusters stand in the tables in the end."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.tables import members, merged_memories, metadata
from consumer.memory.merging.clusters import Rules
from consumer.memory.merging.folding import fold
from consumer.memory.merging.members import Member
from consumer.memory.model import Emotion, Memory, MemoryEvent
from tests.contracts.clustered import Clustered
from tests.memory.merging.originals import feeling, memory
from tests.properties.conftest import examples
from tests.stories import NOON, event_id

SIZES = (1, 2, 3, 7, 500)
WORDS = tuple(f"w{number}" for number in range(20))
FEW = Rules(at_most=2, doubts_at_most=1)
"""Bounds that a few memories reach."""


class Told(NamedTuple):
    """An event about one of a few memories. `edits` are the places of words that are others than usual."""

    memory: int
    minute: int
    edits: frozenset[int] = frozenset()
    extra: str = ""
    owner: int = 0
    source: int = 0
    emotion: Emotion | None = None
    is_deletion: bool = False


class Again(NamedTuple):
    """An earlier event a second time."""

    earlier: int


Entry = Told | Again


def stories() -> st.SearchStrategy[list[Entry]]:
    """Sequences about few memories in few words, so that they meet: the same, alike, contradicting, unlike."""
    rarely = st.sampled_from((0, 0, 0, 0, 1))
    told = st.builds(
        Told,
        memory=st.integers(0, 6),
        minute=st.integers(0, 5),
        edits=st.frozensets(st.integers(0, 6), max_size=5),
        extra=st.sampled_from(("", "", "", " more", " not")),
        owner=rarely,
        source=rarely,
        emotion=st.sampled_from((None, "joy", "anger")),
        is_deletion=st.sampled_from((False,) * 6 + (True,)),
    )
    return st.lists(st.one_of(told, told, told, told, st.builds(Again, st.integers(0, 9))), min_size=1, max_size=16)


def events_of(story: Sequence[Entry]) -> list[MemoryEvent]:
    """The story as events, in order."""
    events: list[MemoryEvent] = []
    for number, entry in enumerate(story):
        match entry:
            case Again(earlier):
                events += events[earlier : earlier + 1]
            case Told():
                events.append(event_of(entry, number))
    return events


def event_of(told: Told, number: int) -> MemoryEvent:
    words = " ".join(f"x{place}" if place in told.edits else word for place, word in enumerate(WORDS))
    what = memory(
        words + told.extra,
        owner=f"owner-{told.owner}",
        sources=[f"s{told.source}"],
        people=["p"],
        feeling=feeling(told.emotion) if told.emotion else None,
    )
    moment = NOON.replace(minute=told.minute)
    name, identity = f"memory-{told.memory}", event_id(f"event {number}")
    if told.is_deletion:
        return MemoryEvent(identity, "DELETED", name, moment, "tests", None)
    return MemoryEvent(identity, "CREATED", name, moment, "tests", what)


DISPUTED = [Told(0, 0, emotion="joy"), Told(1, 1, frozenset({1}), emotion="anger"), Told(1, 2, is_deletion=True)]
"""A pair that a person had to look at, had one of the two not been deleted at once."""

AWAY_AND_BACK = [
    Told(0, 0),
    Told(1, 1, frozenset({0, 1, 2, 3, 4})),
    Told(1, 2, extra=" not"),
    Told(2, 3, frozenset({0, 1, 2, 3})),
    Told(1, 4, frozenset({0, 1, 2, 3, 4})),
]
"""A doubtful content that goes, and comes back when there is somebody to join."""


class Databases:
    """One for each size of batches, empty again for every example."""

    def __init__(self, folder: Path) -> None:
        self._engines = {size: open_engine(f"sqlite:///{folder}/{size}.db") for size in SIZES}
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
    with closing(Databases(tmp_path_factory.mktemp("clusters"))) as databases:
        yield databases


@settings(max_examples=examples(quick=60), deadline=None)
@given(story=stories(), rules=st.sampled_from((Rules(), FEW)))
@example(story=DISPUTED, rules=Rules())
@example(story=AWAY_AND_BACK, rules=Rules())
def test_the_size_of_batches_makes_no_difference(databases: Databases, story: list[Entry], rules: Rules) -> None:
    events = events_of(story)
    one_by_one = databases.empty(1, rules)
    one_by_one.write(events, size=1)
    expected = one_by_one.tables()
    for size in SIZES[1:]:
        batched = databases.empty(size, rules)
        batched.write(events, size=size)
        assert batched.tables() == expected, f"in batches of {size}"
        assert batched.tally == one_by_one.tally


@settings(max_examples=examples(quick=40), deadline=None)
@given(story=stories(), size=st.sampled_from(SIZES))
def test_a_view_is_the_fold_of_its_members(databases: Databases, story: list[Entry], size: int) -> None:
    store = databases.empty(size, Rules())
    store.write(events_of(story), size=size)
    clusters = members_of(store)
    with store.engine.connect() as connection:
        views = {row.cluster_id: row for row in connection.execute(select(merged_memories))}
    assert views.keys() == {cluster_id for cluster_id, those in clusters.items() if len(those) > 1}
    for cluster_id, row in views.items():
        view = fold(clusters[cluster_id], Rules().bands.equal)
        shown = Memory(**{name: row._mapping[name] for name in Memory.__slots__})
        assert (row.memory_id, row.occurred_at, shown) == (view.memory_id, view.occurred_at, view.memory)


def members_of(store: Clustered) -> dict[UUID, list[Member]]:
    """All clusters, each with its members, as the database has them."""
    clusters: dict[UUID, list[Member]] = {}
    with store.engine.connect() as connection:
        ids = connection.scalars(select(members.c.cluster_id)).all()
        for each in ClusterRows(connection, dialect_of("sqlite", Timeouts())).members(set(ids)):
            clusters.setdefault(each.place.cluster_id, []).append(each.member)
    return clusters
