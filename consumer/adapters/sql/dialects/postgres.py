"""PostgreSQL: COPY, lists as arrays, advisory locks."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
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
    any_,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from consumer.adapters.sql.arrays import array_of, listed, selected, unnested
from consumer.adapters.sql.copying import copied
from consumer.adapters.sql.dialects.dialect import STAGED, Given, Timeouts, written
from consumer.adapters.sql.documents import IdsInside
from consumer.adapters.sql.engine import READABLE_MOMENTS
from consumer.adapters.sql.rows import Row
from consumer.adapters.sql.tables import staged

OWNER_LOCKS = 1_024
OWNER_LOCK_CLASS = 0x6D656D
"""Owners share so many advisory locks, so that a batch of many owners does not fill the server's table of locks."""


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
        self._limits = "; ".join([isolation, *local, READABLE_MOMENTS])
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


def _inserted(table: Table, rows: Sequence[Row]) -> postgresql.Insert:
    columns = written(table)
    return postgresql.insert(table).from_select(columns, selected(columns, rows))
