"""What the record of a breaker's openings promises: in memory, on PostgreSQL and on SQLite alike."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.adapters.sql.openings import SqlOpenings
from consumer.ports import Openings
from consumer.records import BY_CONFIGURATION, BY_HAND, Opening
from tests.fakes.clock import NOON, HandClock
from tests.fakes.openings import FakeOpenings


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def groups(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Openings, Openings]]:
    """The openings of two groups."""
    if request.param == "memory":
        yield FakeOpenings(), FakeOpenings()
        return
    fresh: Callable[[], str] | None = None
    if request.param == "postgresql":
        fresh = request.getfixturevalue("fresh_database")
    engine = open_engine(fresh() if fresh else f"sqlite:///{tmp_path}/memories.db")
    upgrade(engine)
    yield SqlOpenings(engine, "g", HandClock()), SqlOpenings(engine, "h", HandClock())
    engine.dispose()


def test_a_breaker_is_open_until_it_is_closed(groups: tuple[Openings, Openings]) -> None:
    openings, _ = groups
    assert openings.current() is None
    openings.open("a flood", "half")
    assert openings.current() == Opening(NOON, "a flood", "half")
    assert openings.close("resume") == Opening(NOON, "a flood", "half")
    assert openings.current() is None
    assert openings.close("resume") is None
    openings.open("another", "half")
    assert openings.current() == Opening(NOON, "another", "half")


def test_the_first_of_a_group_that_opens_it_gives_the_reason(groups: tuple[Openings, Openings]) -> None:
    openings, other_group = groups
    openings.open("first", "half")
    openings.open("second", "half")
    assert openings.current() == Opening(NOON, "first", "half")
    assert other_group.current() is None


def test_what_a_person_let_pass_passes_once(groups: tuple[Openings, Openings]) -> None:
    openings, other_group = groups
    assert not openings.is_pardoned()
    openings.open("a flood", "half")
    assert not openings.is_pardoned()
    openings.close(BY_HAND)
    assert openings.is_pardoned() and not other_group.is_pardoned()
    openings.spend()
    assert not openings.is_pardoned()
    openings.open("another", "half")
    openings.close(BY_CONFIGURATION)
    assert not openings.is_pardoned()
