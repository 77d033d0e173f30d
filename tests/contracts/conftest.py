"""Every contract of the store is tested on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.adapters.sql.migrating import upgrade
from consumer.memory.merging.clusters import Rules
from tests.contracts.desk import Desk


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/memories.db"
    fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
    return fresh()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def desk(engine: Engine) -> Desk:
    desk = Desk(engine)
    desk.claim()
    return desk


@pytest.fixture
def reviews(engine: Engine) -> Reviews:
    return Reviews(engine, Rules())
