"""Bringing the tables to the version that this program expects."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import consumer.migrations
from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.errors import Fatal

LOCK = 0x6D656D6F  # "memo"
"""The advisory lock under which PostgreSQL lets one process migrate at a time."""

MIGRATION_MS = 60_000
"""How long another process that migrates the same SQLite file is waited for."""


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Run what is missing, in one transaction. Returns the version before and after.

    Raises `Fatal` where a newer program made the tables.
    """
    with translated(), _alone(engine) as connection:
        before = _version(connection)
        if before != head():
            _require_known(before)
            command.upgrade(_config(connection), "head")
    return before, head()


def upgrade_where_needed(engine: Engine) -> None:
    """Run what is missing. Where nothing is, nobody is waited for."""
    if current(engine) != head():
        upgrade(engine)


def current(engine: Engine) -> str | None:
    """The version of the tables in the database; None where there are none."""
    with translated(), engine.connect().execution_options(**{READ_ONLY: True}) as connection:
        return _version(connection)


def head() -> str:
    """The version that this program expects."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None, "the package holds at least one migration"
    return newest


def require_current(engine: Engine) -> None:
    """Raises `Fatal` where the tables are of another version."""
    version = current(engine)
    if version != head():
        _require_known(version)
        raise Fatal(
            f"the database is at version {version or 'none'}, this program needs {head()}",
            advice="Bring the tables up to date: memory-consumer db upgrade",
        )


def _require_known(version: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if version is not None and version not in known:
        raise Fatal(
            f"the database is at version {version}, which this program does not know",
            advice="A newer memory-consumer made the tables: run that one, or name another database.",
        )


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction of the one process that migrates just then."""
    is_file = engine.dialect.name == "sqlite"
    with engine.connect() as connection, _patient(connection) if is_file else nullcontext(), connection.begin():
        if not is_file:
            # Who waited must see what the other has done meanwhile, whatever the server's default is.
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection


@contextmanager
def _patient(connection: Connection) -> Iterator[None]:
    """Another process that migrates the same file may take longer than a batch may wait for a lock."""
    driver: Any = connection.connection.driver_connection
    (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute(f"PRAGMA busy_timeout = {MIGRATION_MS}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(consumer.migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
