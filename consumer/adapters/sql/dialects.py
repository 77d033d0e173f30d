"""What differs between PostgreSQL and SQLite, and nothing else: how a transaction begins, staging, lists of values,
rows written in bulk, what is found in documents, the locks of owners, and what is left of rows that were deleted.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zlib import crc32

import psycopg
from psycopg import sql
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Integer,
    Select,
    Table,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from consumer.adapters.sql.arrays import array_of, listed, selected, unnested
from consumer.adapters.sql.copying import copied
from consumer.adapters.sql.documents import IdsInside
from consumer.adapters.sql.rows import Row
from consumer.adapters.sql.tables import staged
from consumer.adapters.sql.types import iso
from consumer.errors import Transient

OWNER_LOCKS = 1_024
OWNER_LOCK_CLASS = 0x6D656D
"""Owners share so many advisory locks, so that a batch of many owners does not fill the server's table of locks."""

STAGED = tuple(staged.columns)

Given = Mapping[str, ColumnElement[Any]]
"""What stands in a statement for the values of a row, by the names of their columns."""


class SqlDialect(Protocol):
    """One database's way of doing what SQL leaves open."""

    insert: Callable[..., Any]

    def open(self, connection: Connection) -> None:
        """Prepare a transaction: its timeouts. One round trip."""

    def open_for_batch(self, connection: Connection) -> None:
        """The same, and an empty staging table. One round trip."""

    def stage(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Append rows to the staging table."""

    def check_now(self, connection: Connection) -> None:
        """Check deferred constraints now, not at COMMIT: they would pass the savepoint that a row is tried under."""

    def among(self, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """`column` is one of `values`, passed as one parameter however many there are."""

    def add(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows of all the table's columns, but a number that the database gives. Documents come as JSON text."""

    def add_new(self, connection: Connection, table: Table, rows: Sequence[Row]) -> int:
        """The same, but a row whose key is there stays as it is, whichever key it is. Returns how many were not."""

    def put(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """The same, but a row whose primary key is there takes its place. Each key once."""

    def for_each(
        self,
        connection: Connection,
        columns: Sequence[Column[Any]],
        rows: Sequence[Row],
        statement: Callable[[Given], Executable],
    ) -> None:
        """Update or delete by rows of these columns' values. The statement is told what stands for them."""

    def remove(self, connection: Connection, table: Table, keys: Sequence[Row]) -> None:
        """Delete the rows with these primary keys."""

    def first_of(self, column: Column[Any], values: Collection[Any], other: Column[Any], most: int) -> Select[Any]:
        """Of each value of `column`, the rows with the lowest values of `other`, at most so many: both columns."""

    def took_part(self, participants: Column[Any], ids: Collection[str]) -> ColumnElement[bool]:
        """Everybody with one of these ids is in the list of participants."""

    def lists(self, texts: Column[Any], text: str) -> ColumnElement[bool]:
        """The text is in the list of texts."""

    def lock_owners(self, connection: Connection, owner_ids: Collection[str]) -> None:
        """Until the transaction ends, nobody else gets past here with one of these owners."""

    def scrub(self, engine: Engine) -> None:
        """Have what was deleted leave the database's file as well, as far as that is ours to do."""


@dataclass(slots=True, frozen=True)
class Timeouts:
    """How long the server bears with one of our sessions, in seconds.

    A process frozen in a transaction holds locks that the next owner of its partitions needs: `idle` bounds that, and
    must stay below the group's session timeout.
    """

    idle: float = 20.0
    lock: float = 10.0
    statement: float = 60.0


class Postgres:
    """COPY into a temporary table that lives for the transaction, so that PgBouncer may sit in between."""

    insert = staticmethod(postgresql.insert)

    def __init__(self, timeouts: Timeouts) -> None:
        settings = {
            "idle_in_transaction_session_timeout": timeouts.idle,
            "lock_timeout": timeouts.lock,
            "statement_timeout": timeouts.statement,
        }
        local = [f"SET LOCAL {name} = {int(seconds * 1000)}" for name, seconds in settings.items()]
        # Long lists of ids look dear to the planner; compiling such a statement takes longer than running it.
        local.append("SET LOCAL jit = off")
        table = str(CreateTable(staged).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        # Deciding anew must see what another transaction has committed meanwhile, whatever the server's default is.
        isolation = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
        self._limits = "; ".join([isolation, *local, "SET LOCAL timezone = 'UTC'"])
        # Everything that a batch reads it reads by an index, in its order. Left alone, the planner takes a list of keys
        # for a reason to read the whole table where it has no figures yet, and reads and sorts all rows under a key of
        # which the first few are wanted.
        by_index = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
        self._prelude = f"{self._limits}; {by_index}; {table}"
        columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in STAGED)
        self._copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(staged.name), columns)

    def open(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._limits)

    def open_for_batch(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._prelude)

    def stage(self, connection: Connection, rows: Iterable[Row]) -> None:
        driver: Any = connection.connection.driver_connection
        data = copied(STAGED, list(rows))
        try:
            with driver.cursor() as cursor, cursor.copy(self._copy) as copy:
                copy.write(data)
        except psycopg.OperationalError as error:
            # SQLAlchemy does not see what its driver is asked directly, and would say of a lost connection only that a
            # rollback over it failed.
            if driver.closed:
                connection.invalidate(error)
            raise

    def check_now(self, connection: Connection) -> None:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    def among(self, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
        return column == any_(array_of(column.type, values))

    def add(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            connection.execute(_inserted(table, rows))

    def add_new(self, connection: Connection, table: Table, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        statement = _inserted(table, rows).on_conflict_do_nothing()
        return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount

    def put(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        if not rows:
            return
        statement, keys = _inserted(table, rows), list(table.primary_key.columns)
        rest = {column.name: statement.excluded[column.name] for column in table.columns if column not in keys}
        if rest:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))
        else:
            connection.execute(statement.on_conflict_do_nothing(index_elements=keys))

    def remove(self, connection: Connection, table: Table, keys: Sequence[Row]) -> None:
        self.for_each(connection, list(table.primary_key.columns), keys, _deleting(table))

    def for_each(
        self,
        connection: Connection,
        columns: Sequence[Column[Any]],
        rows: Sequence[Row],
        statement: Callable[[Given], Executable],
    ) -> None:
        if rows:
            given = unnested(columns, rows)
            connection.execute(statement({column.name: given.c[column.name] for column in columns}))

    def first_of(self, column: Column[Any], values: Collection[Any], other: Column[Any], most: int) -> Select[Any]:
        asked = listed(column.name, column.type, values)
        near = (
            select(other).where(column == asked.c[column.name]).order_by(other).limit(most).correlate(asked).lateral()
        )
        return select(asked.c[column.name], near.c[other.name])

    def took_part(self, participants: Column[Any], ids: Collection[str]) -> ColumnElement[bool]:
        return IdsInside(participants).contains(list(ids))

    def lists(self, texts: Column[Any], text: str) -> ColumnElement[bool]:
        return type_coerce(texts, postgresql.JSONB).contains([text])

    def lock_owners(self, connection: Connection, owner_ids: Collection[str]) -> None:
        locks = sorted({crc32(owner_id.encode()) % OWNER_LOCKS for owner_id in owner_ids})
        lock = listed("number", Integer(), locks)
        # In their order: the rows come as the array has them, and each is locked before the next is looked at.
        connection.execute(select(func.pg_advisory_xact_lock(OWNER_LOCK_CLASS, lock.c.number)))

    def scrub(self, engine: Engine) -> None:
        """The server overwrites what is free in its own time: VACUUM, the write-ahead log, backups."""


class Sqlite:
    """A temporary table of the connection, filled by executemany."""

    insert = staticmethod(sqlite.insert)

    def __init__(self) -> None:
        create = str(CreateTable(staged, if_not_exists=True).compile(dialect=sqlite.dialect()))
        self._create = create
        self._fill = f"INSERT INTO {staged.name} VALUES ({', '.join('?' * len(STAGED))})"

    def open(self, connection: Connection) -> None:
        """The time to wait for a lock is set with the connection."""

    def open_for_batch(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._create)
        connection.exec_driver_sql(f"DELETE FROM {staged.name}")

    def stage(self, connection: Connection, rows: Iterable[Row]) -> None:
        plain = _plain_rows(rows)
        if plain:
            connection.exec_driver_sql(self._fill, plain)

    def check_now(self, connection: Connection) -> None:
        """SQLite checks at once whatever is not declared deferred, and nothing here is."""

    def among(self, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
        listed = func.json_each(json.dumps([_plain(value) for value in values])).table_valued("value")
        return column.in_(select(cast(listed.c.value, column.type)))

    def add(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            connection.exec_driver_sql(f"INSERT {_into(table)}", _plain_rows(rows))

    def add_new(self, connection: Connection, table: Table, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        statement = f"INSERT {_into(table)} ON CONFLICT DO NOTHING"
        return connection.exec_driver_sql(statement, _plain_rows(rows), {"preserve_rowcount": True}).rowcount

    def put(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            connection.exec_driver_sql(f"INSERT {_into(table)} {_replacing(table)}", _plain_rows(rows))

    def remove(self, connection: Connection, table: Table, keys: Sequence[Row]) -> None:
        self.for_each(connection, list(table.primary_key.columns), keys, _deleting(table))

    def for_each(
        self,
        connection: Connection,
        columns: Sequence[Column[Any]],
        rows: Sequence[Row],
        statement: Callable[[Given], Executable],
    ) -> None:
        if rows:
            given = {column.name: bindparam(f"given_{column.name}", type_=column.type) for column in columns}
            names = [parameter.key for parameter in given.values()]
            connection.execute(statement(given), [dict(zip(names, row, strict=True)) for row in rows])

    def first_of(self, column: Column[Any], values: Collection[Any], other: Column[Any], most: int) -> Select[Any]:
        place = func.row_number().over(partition_by=column, order_by=other).label("place")
        numbered = select(column, other, place).where(self.among(column, values)).subquery()
        return select(numbered.c[column.name], numbered.c[other.name]).where(numbered.c.place <= most)

    def took_part(self, participants: Column[Any], ids: Collection[str]) -> ColumnElement[bool]:
        each = func.json_each(participants).table_valued("value")
        found = select(func.json_extract(each.c.value, "$.id")).select_from(each).correlate(participants.table)
        return and_(*(bindparam(None, one, unique=True).in_(found) for one in ids))

    def lists(self, texts: Column[Any], text: str) -> ColumnElement[bool]:
        each = func.json_each(texts).table_valued("value")
        found = select(each.c.value).select_from(each).correlate(texts.table)
        return bindparam(None, text, unique=True).in_(found)

    def lock_owners(self, connection: Connection, owner_ids: Collection[str]) -> None:
        """A transaction that writes has the whole database from its first statement on (BEGIN IMMEDIATE)."""

    def scrub(self, engine: Engine) -> None:
        """Write the file anew, and empty its log. Raises `Transient` where somebody else has it in use."""
        with closing(engine.raw_connection()) as connection:
            try:
                cursor = connection.cursor()
                cursor.execute("VACUUM")
                (is_busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError as error:
                raise _still_in_file() from error
        if is_busy:
            raise _still_in_file()


def _still_in_file() -> Transient:
    return Transient(
        "it is erased, but the file is in use, and the pages that are free now still hold it",
        advice="Stop whoever has the file open, then run the same command again.",
    )


def _written(table: Table) -> list[Column[Any]]:
    """The columns whose values we give."""
    return [column for column in table.columns if column is not table.autoincrement_column]


def _inserted(table: Table, rows: Sequence[Row]) -> postgresql.Insert:
    columns = _written(table)
    return postgresql.insert(table).from_select(columns, selected(columns, rows))


def _into(table: Table) -> str:
    names = [column.name for column in _written(table)]
    return f"INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def _replacing(table: Table) -> str:
    """Where the primary key is there. OR REPLACE would delete the rows that have any other key, too."""
    keys = [column.name for column in table.primary_key.columns]
    rest = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns if column.name not in keys)
    return f"ON CONFLICT ({', '.join(keys)}) DO {'UPDATE SET ' + rest if rest else 'NOTHING'}"


def _deleting(table: Table) -> Callable[[Given], Executable]:
    """The rows that have these primary keys."""
    return lambda given: delete(table).where(and_(*(table.c[name] == value for name, value in given.items())))


def _plain_rows(rows: Iterable[Row]) -> list[Row]:
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return iso(value) if isinstance(value, datetime) else value


def dialect_of(name: str, timeouts: Timeouts) -> SqlDialect:
    """The dialect by SQLAlchemy's name for it."""
    return Postgres(timeouts) if name == "postgresql" else Sqlite()
