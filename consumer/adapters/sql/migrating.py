"""Bringing the tables to the version that this program expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import consumer.migrations
from consumer.adapters.sql.errors import translated
from consumer.errors import Fatal

LOCK = 0x6D656D6F  # "memo"
"""The advisory lock under which PostgreSQL lets one process migrate at a time."""


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Run what is missing, in one transaction. Returns the version before and after."""
    with translated(), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = _version(connection)
        if before != head():
            command.upgrade(_config(connection), "head")
    return before, head()


def current(engine: Engine) -> str | None:
    """The version of the tables in the database; None where there are none."""
    with translated(), engine.connect() as connection:
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
        raise Fatal(
            f"the database is at version {version or 'none'}, this program needs {head()}",
            advice="Bring the tables up to date: memory-consumer db upgrade",
        )


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(consumer.migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
