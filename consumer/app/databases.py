"""The database, opened for whoever needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, make_url

from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.memory_reader import MemoryReader
from consumer.adapters.sql.openings import SqlOpenings
from consumer.adapters.sql.operations import Operations
from consumer.adapters.sql.patience import Patience
from consumer.adapters.sql.position_moves import PositionMoves
from consumer.errors import Fatal
from consumer.process.clock import SystemClock
from consumer.records import BY_HAND, Opening
from consumer.settings.fields import DatabaseSettings


def upgrade_database(settings: DatabaseSettings) -> tuple[str | None, str]:
    """Bring the tables up to date. Returns the version before and after."""
    with _engine(settings) as engine:
        return migrating.upgrade(engine)


def database_version(settings: DatabaseSettings) -> tuple[str | None, str]:
    """The version of the tables, None where there are none, and the version needed."""
    _require_file(settings)
    with _engine(settings) as engine:
        return migrating.current(engine), migrating.head()


@contextmanager
def database(settings: DatabaseSettings, patience: Patience | None = None) -> Iterator[Engine]:
    """The database with its tables up to date. A SQLite file is made and migrated; of a server, that is asked for.

    Raises `Fatal` where `db upgrade` has to be run first.
    """
    with _engine(settings, patience) as engine:
        if engine.dialect.name == "sqlite":
            migrating.upgrade_where_needed(engine)
        else:
            migrating.require_current(engine)
        yield engine


@contextmanager
def existing_database(settings: DatabaseSettings) -> Iterator[Engine]:
    """A database to read from. Raises `Fatal` where there is none, and makes none."""
    _require_file(settings)
    with _engine(settings) as engine:
        migrating.require_current(engine)
        yield engine


@contextmanager
def memory_reader(settings: DatabaseSettings) -> Iterator[MemoryReader]:
    """What is stored, to look at."""
    with existing_database(settings) as engine:
        yield MemoryReader(engine)


@contextmanager
def operations(settings: DatabaseSettings) -> Iterator[Operations]:
    """Positions and counts, to look at and to look after."""
    with existing_database(settings) as engine:
        yield Operations(engine)


def close_breaker(settings: DatabaseSettings, group_id: str) -> Opening | None:
    """Close the group's breaker by hand. Returns the opening that ends with it; None where it was not open."""
    with existing_database(settings) as engine:
        return SqlOpenings(engine, group_id, SystemClock()).close(BY_HAND)


def open_breaker(settings: DatabaseSettings, group_id: str) -> Opening | None:
    """The group's breaker, where it is open; whoever opened it may be gone. None where it is closed."""
    with existing_database(settings) as engine:
        return SqlOpenings(engine, group_id, SystemClock()).current()


@contextmanager
def position_moves(settings: DatabaseSettings, group_id: str) -> Iterator[PositionMoves]:
    """A group's positions, to be moved by hand."""
    with existing_database(settings) as engine:
        yield PositionMoves(engine, group_id)


@contextmanager
def _engine(settings: DatabaseSettings, patience: Patience | None = None) -> Iterator[Engine]:
    # Two connections: one for the batches, one for the signs of life that are told meanwhile.
    engine = open_engine(
        settings.database_url,
        connect_timeout=settings.database_connect_timeout_seconds,
        pool_size=2,
        patience=patience,
    )
    try:
        yield engine
    finally:
        engine.dispose()


def _require_file(settings: DatabaseSettings) -> None:
    """Looking into a SQLite file must not make one."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        raise Fatal(
            f"there is no database file {url.database}",
            advice="Name another with --database-url or CONSUMER_DATABASE_URL.",
        )
