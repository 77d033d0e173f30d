"""Bringing tables up to date, while others are at them too."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import Engine, event, text

from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.errors import translated
from consumer.errors import Fatal, Transient

SHORT = 0.3
"""Seconds that a batch may wait for a lock."""

LONG = 3 * SHORT
"""Seconds for which another process has the file."""

PATIENCE_SECONDS = 60
SOMEBODY_WAITS = (
    "SELECT 1 FROM pg_stat_activity, pg_sleep(0.02) WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "memories.db"


def engine_of(file: Path, busy_timeout: float = SHORT) -> Engine:
    return open_engine(f"sqlite:///{file}", connect_timeout=busy_timeout)


def test_whoever_starts_while_another_migrates_the_file_waits_for_that(file: Path) -> None:
    engine = engine_of(file)
    engine.connect().close()
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as another:
        another.execute("BEGIN IMMEDIATE")
        Timer(LONG, another.rollback).start()
        migrating.upgrade_where_needed(engine)
    assert migrating.current(engine) == migrating.head()
    engine.dispose()


def test_whoever_starts_while_another_makes_the_file_waits_for_that(file: Path) -> None:
    """Of a file that is no WAL yet, the switch is refused at once."""
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as another:
        another.execute("BEGIN IMMEDIATE")
        Timer(SHORT, another.rollback).start()
        engine = engine_of(file, 100 * SHORT)
        migrating.upgrade_where_needed(engine)
    assert migrating.current(engine) == migrating.head()
    engine.dispose()


def test_afterwards_a_lock_is_waited_for_as_long_as_before(file: Path) -> None:
    engine = engine_of(file)
    migrating.upgrade(engine)
    with closing(sqlite3.connect(file, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient, match="locked"), translated(), engine.begin() as connection:
            connection.execute(text("SELECT 1"))
    engine.dispose()


def test_tables_that_are_up_to_date_are_waited_for_by_nobody(file: Path) -> None:
    engine = engine_of(file)
    migrating.upgrade(engine)
    with closing(sqlite3.connect(file, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        migrating.upgrade_where_needed(engine)
    engine.dispose()


@pytest.mark.parametrize("what", [migrating.upgrade, migrating.upgrade_where_needed, migrating.require_current])
def test_tables_of_a_newer_program_are_left_alone(what: Callable[[Engine], object], file: Path) -> None:
    engine = engine_of(file)
    migrating.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Fatal, match="version 9999, which this program does not know") as refused:
        what(engine)
    assert "newer" in refused.value.advice
    engine.dispose()


def test_whoever_starts_while_another_migrates_finds_it_done(fresh_database: Callable[[], str]) -> None:
    """Whatever the server's usual isolation is: after the wait there is more to be seen than before it."""
    one, other, watching = (open_engine(url) for url in [fresh_database()] * 3)
    with watching.begin() as connection:
        (name,) = connection.execute(text("SELECT current_database()")).one()
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'"))
    with ThreadPoolExecutor(1) as threads:
        working: list[Future[object]] = []

        def start(_: object) -> None:
            working.append(threads.submit(migrating.upgrade, other))
            for _ in range(PATIENCE_SECONDS * 50):
                with watching.connect() as connection:
                    if connection.execute(text(SOMEBODY_WAITS)).first():
                        return

        event.listen(one, "commit", start, once=True)
        assert migrating.upgrade(one) == (None, migrating.head())
        assert [each.result(PATIENCE_SECONDS) for each in working] == [(migrating.head(), migrating.head())]
    for engine in (one, other, watching):
        engine.dispose()
