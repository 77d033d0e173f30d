"""The databases that a run writes to: made for it, looked at afterwards, dropped."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from sqlalchemy import make_url

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.devstack.postgres import temporary_database
from tests.bench.layouts import STANDING, Layout


class Contents(NamedTuple):
    """What two databases have in common when the same events were stored in both, whenever and in whatever order.

    The digests cover every column but the time of writing, and the quality, which the bare loop does not assess.
    """

    memories: int
    memories_digest: int
    events: int
    events_digest: int


@contextmanager
def database_with(server_url: str, layout: Layout = STANDING) -> Iterator[str]:
    """A new database with the tables of the layout: those of the migrations, altered. Gives its URL for psycopg."""
    with temporary_database(server_url) as database_url:
        engine = open_engine(database_url)
        try:
            upgrade(engine)
            with engine.begin() as connection:
                for statement in layout.alterations:
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()
        yield conninfo(database_url)


def conninfo(database_url: str) -> str:
    """The URL as psycopg itself takes it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def count_memories(database: str) -> int:
    """How many memories are stored."""
    return int(_one(database, "SELECT count(*) FROM memories")[0])


def contents(database: str) -> Contents:
    """What is stored in the tables that stand."""
    memories = _one(database, _digest("to_jsonb(memories) - '{written_at, quality, warnings}'::text[]", "memories"))
    ledger = _one(database, _digest("event_id || memory_id", "event_ledger"))
    return Contents(*map(int, memories + ledger))


def log_position(database: str) -> int:
    """How many bytes the server has written ahead, what its indexes have put off included."""
    _one(
        database,
        "SELECT coalesce(sum(gin_clean_pending_list(c.oid)), 0) FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
        " WHERE a.amname = 'gin' AND c.relkind = 'i'",
    )
    return int(_one(database, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")[0])


def counted(database: str) -> int:
    """How many records the partition rows have counted."""
    return int(_one(database, "SELECT coalesce(sum(records_read), 0) FROM partitions")[0])


def _digest(what: str, table: str) -> str:
    return f"SELECT count(*), coalesce(sum(hashtextextended(({what})::text, 0)::numeric), 0) FROM {table}"


def _one(database: str, query: str) -> tuple[int, ...]:
    with psycopg.connect(database) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None, "an aggregate has one row"
    return tuple(row)
