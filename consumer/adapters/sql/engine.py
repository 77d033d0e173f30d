"""Connections."""

import sqlite3
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from consumer.adapters.sql.cursor import Cursor
from consumer.adapters.sql.packed import Packed, PackedDumper
from consumer.adapters.sql.patience import Patience, bear_with
from consumer.errors import SettingsError

KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # Keepalives are not sent while data is unacknowledged: this bounds, in milliseconds, how long that may last.
    "tcp_user_timeout": 25_000,
}

READ_ONLY = "consumer_read_only"
"""The execution option of transactions that only read: on SQLite they take no lock that a writer needs. On PostgreSQL
they are set up by it to read moments."""

READABLE_MOMENTS = "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'"
"""Whatever the server's own settings are: psycopg reads no other style, and no moment that is past 9999 in its zone."""

POOL = "pool"
"""Where a connection's record has the pool that it was opened for."""

SWITCHING_PAUSE_SECONDS = 0.05
"""The longest pause between two attempts to switch a SQLite file to WAL."""

LOCKED_BY_OTHERS = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
"""How the names of SQLite's errors begin where somebody else is at the file."""


def open_engine(
    url: str, *, connect_timeout: float = 5.0, pool_size: int = 1, patience: Patience | None = None
) -> Engine:
    """An engine for a `postgresql://` or `sqlite:///` URL. Opens no connection yet. Raises `SettingsError`.

    Without `patience` a server that froze is waited for as long as it takes. A file never is one.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engine = _sqlite(parsed, connect_timeout)
    else:
        engine = _postgres(parsed, connect_timeout, pool_size)
        if patience:
            bear_with(engine, patience)
    _leave_nothing_open(engine)
    return engine


def _leave_nothing_open(engine: Engine) -> None:
    """`dispose` leaves alone what another thread uses just then: that is closed when it is given back, or it would
    stay open in a pool that nobody has any more."""

    @event.listens_for(engine, "connect")
    def note(_: Any, record: Any) -> None:
        record.info[POOL] = engine.pool

    @event.listens_for(engine, "checkin")
    def close(connection: Any, record: Any) -> None:
        if connection is not None and record.info.get(POOL) is not engine.pool:
            connection.close()


def _postgres(url: URL, connect_timeout: float, pool_size: int) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        json_deserializer=orjson.loads,
        # PgBouncer in transaction mode hands out another server connection each time: nothing may be prepared on one.
        connect_args={
            "connect_timeout": max(2, round(connect_timeout)),
            "prepare_threshold": None,
            "client_encoding": "utf8",
            "cursor_factory": Cursor,
            **KEEPALIVES,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.adapters.register_dumper(Packed, PackedDumper)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # Who writes says so himself, with all else that he sets.
        if connection.get_execution_options().get(READ_ONLY, False):
            connection.exec_driver_sql(READABLE_MOMENTS)

    return engine


def _parse(url: str) -> URL:
    advice = "Use postgresql://user:password@host:5432/name or sqlite:///path/to/file.db"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # the second, of a port that is no number
        raise SettingsError("CONSUMER_DATABASE_URL is not a database URL", advice=advice) from error
    if parsed.get_backend_name() not in ("postgresql", "sqlite"):
        raise SettingsError(
            f"CONSUMER_DATABASE_URL names {parsed.get_backend_name()}, which is not served", advice=advice
        )
    return parsed


def _sqlite(url: URL, busy_timeout: float) -> Engine:
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), connect_args={"timeout": busy_timeout})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # The driver would open transactions on its own and only before some statements; `begin` below does it instead.
        connection.isolation_level = None
        _keep_a_log_of_writes(connection, busy_timeout)
        # A power cut may cost the newest commits, never the file's health; Kafka then hands the records out again.
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        is_reading = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")

    return engine


def _keep_a_log_of_writes(connection: Any, busy_timeout: float) -> None:
    """Switch the file to WAL. That is refused at once while somebody else has a lock, whatever the timeout."""
    locked = retry_if_exception(_is_locked_by_others)
    pauses, end = wait_random(max=SWITCHING_PAUSE_SECONDS), stop_after_delay(busy_timeout)
    Retrying(retry=locked, wait=pauses, stop=end, reraise=True)(connection.execute, "PRAGMA journal_mode = WAL")


def _is_locked_by_others(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname.startswith(LOCKED_BY_OTHERS)
