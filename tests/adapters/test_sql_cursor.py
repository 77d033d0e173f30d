"""Many rows in one statement: written, counted, and leaving the server's clocks alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, bindparam, create_engine, insert, text
from sqlalchemy.engine import Connection

from consumer.adapters.sql.engine import open_engine
from consumer.devstack.postgres import temporary_database

TABLE = Table(
    "things", MetaData(), Column("id", Integer, primary_key=True), Column("name", String), Column("raw", LargeBinary)
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "100 % of a 'quoted' %(name)s; DROP TABLE things; --", "raw": b"\x00\xff"},
    {"id": 2, "name": None, "raw": None},
    {"id": 3, "name": "back\\slash 🙂", "raw": b""},
]


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    """A database with the table."""
    with temporary_database(postgres_url) as made:
        engine = create_engine(made)
        TABLE.metadata.create_all(engine)
        engine.dispose()
        yield made


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """A connection as the consumer has it."""
    engine = open_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_every_row_is_written_as_it_is(connection: Connection) -> None:
    connection.execute(insert(TABLE), ROWS)
    assert [row._asdict() for row in connection.execute(TABLE.select().order_by(TABLE.c.id))] == ROWS


def test_the_rows_of_all_are_counted_together(connection: Connection) -> None:
    connection.execute(insert(TABLE), ROWS)
    statement = TABLE.update().where(TABLE.c.id >= bindparam("least")).values(name="one")
    assert connection.execute(statement, [{"least": 2}, {"least": 3}, {"least": 9}]).rowcount == 3
    assert connection.execute(TABLE.update().values(name="all")).rowcount == 3, "and of one statement its own"


def test_a_session_that_falls_silent_behind_it_is_ended(url: str, connection: Connection) -> None:
    """As a frozen process does: its locks must be gone before another owner needs them."""
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 200"))
    connection.execute(insert(TABLE), ROWS)
    other = open_engine(url)
    with other.begin() as taker:
        taker.execute(text("SET LOCAL lock_timeout = '30s'"))
        taker.execute(text("LOCK TABLE things"))
        assert taker.execute(TABLE.select()).all() == []
    other.dispose()
    connection.invalidate()
