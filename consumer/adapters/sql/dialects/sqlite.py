"""SQLite: rows by executemany, lists as JSON, one writer at a time."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from consumer.adapters.sql.dialects.dialect import STAGED, Given, written
from consumer.adapters.sql.rows import Row
from consumer.adapters.sql.tables import staged
from consumer.adapters.sql.types import iso
from consumer.errors import Transient


class Sqlite:
    """A temporary table of the connection, filled by executemany."""

    insert = staticmethod(sqlite.insert)

    def __init__(self) -> None:
        self._create = str(CreateTable(staged, if_not_exists=True).compile(dialect=sqlite.dialect()))
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


def _into(table: Table) -> str:
    names = [column.name for column in written(table)]
    return f"INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def _replacing(table: Table) -> str:
    """Where the primary key is there. OR REPLACE would delete the rows that have any other key, too."""
    keys = [column.name for column in table.primary_key.columns]
    rest = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns if column.name not in keys)
    return f"ON CONFLICT ({', '.join(keys)}) DO {'UPDATE SET ' + rest if rest else 'NOTHING'}"


def _plain_rows(rows: Iterable[Row]) -> list[Row]:
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return iso(value) if isinstance(value, datetime) else value
