"""Whatever rows are bad, a batch ends as its records would if they came one by one; on PostgreSQL and on SQLite."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.adapters.sql.tables import metadata
from consumer.devstack.postgres import temporary_database
from consumer.memory.model import MemoryEvent
from consumer.records import Outcome
from tests.contracts.desk import Desk
from tests.properties.conftest import examples
from tests.stories import event

POISON = "poison"
HALF_A_PAIR = "\ud800"


class End(NamedTuple):
    """What there is to see of a batch at its end."""

    memories: dict[str, str | None]
    ledger: set[Any]
    tally: Counter[Outcome]
    letters: list[tuple[int, str]]


class Tables:
    """A database that refuses some contents, and any that it has already in a memory whose name begins with `u`."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        upgrade(self.engine)
        desk = Desk(self.engine)
        desk.forbid(POISON)
        desk.alter("CREATE UNIQUE INDEX only_once ON memories (content) WHERE memory_id LIKE 'u%'")

    def end(self, story: Sequence[MemoryEvent], size: int) -> End:
        """Write the story to empty tables, so many in a batch."""
        with self.engine.begin() as connection:
            for table in metadata.tables:
                connection.execute(text(f"DELETE FROM {table}"))
        desk = Desk(self.engine)
        desk.claim()
        tally: Counter[Outcome] = Counter()
        for start in range(0, len(story), size):
            tally += desk.write(story[start : start + size], suspicious=False).tally
        letters = [(letter.record.offset, letter.code) for letter in desk.letters]
        return End(desk.contents(), desk.ledger(), tally, letters)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("one_by_one")
        made = Tables(f"sqlite:///{folder}/memories.db")
        yield made
        made.engine.dispose()
        return
    with temporary_database(request.getfixturevalue("postgres_url")) as url:
        made = Tables(url)
        yield made
        made.engine.dispose()


def events(owners: Sequence[str]) -> st.SearchStrategy[MemoryEvent]:
    """Events of few memories, some of them bad."""
    return st.builds(
        event,
        st.sampled_from("abcdefghij"),
        st.sampled_from(["m1", "m2", "m3"]),
        minute=st.integers(0, 4),
        owner=st.sampled_from(owners),
        content=st.sampled_from([None, None, POISON]),
        deleted=st.sampled_from([False] * 7 + [True]),
    )


def spoilt_for_good(story: Sequence[MemoryEvent]) -> list[MemoryEvent]:
    """The same, but once an event of a memory is bad, so are all of that memory that follow."""
    spoilt: set[str] = set()
    ended = []
    for told in story:
        if told.memory and (told.memory.content == POISON or told.memory_id in spoilt):
            spoilt.add(told.memory_id)
            ended.append(replace(told, memory=replace(told.memory, content=POISON)))
        elif told.memory_id not in spoilt:
            ended.append(told)
    return ended


alone = st.lists(st.sampled_from(["once", "twice", "thrice", POISON, HALF_A_PAIR, None, None, None]), max_size=24)
"""Contents, each of a memory of its own: some come again, some are refused, some can't even be staged."""


@settings(max_examples=examples(quick=25))
@given(story=st.lists(events(["ann", "ann", "ann", "bob"]), max_size=16))
def test_a_batch_ends_as_its_records_one_by_one(tables: Tables, story: list[MemoryEvent]) -> None:
    spoilt = spoilt_for_good(story)
    assert tables.end(spoilt, size=100) == tables.end(spoilt, size=1)


@settings(max_examples=examples(quick=25))
@given(contents=alone)
@example(contents=[POISON] * 16)
@example(contents=["once"] * 16)
def test_rows_that_are_bad_beside_others_end_as_one_by_one(tables: Tables, contents: list[str | None]) -> None:
    story = [event(f"e{number}", f"u{number}", content=content) for number, content in enumerate(contents)]
    assert tables.end(story, size=100) == tables.end(story, size=1)


@settings(max_examples=examples(quick=25))
@given(story=st.lists(events(["ann"]), max_size=10, unique_by=lambda told: told.event_id))
def test_whatever_is_bad_the_memories_end_as_one_by_one(tables: Tables, story: list[MemoryEvent]) -> None:
    """A bad state that a good one of the same batch replaced was never shown to the database: it only counts as one."""
    whole = tables.end(story, size=100)
    assert whole.memories == tables.end(story, size=1).memories
    assert sum(whole.tally.values()) == len(story)
