"""What one database has to be able to do in its own way."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, ColumnElement, Connection, Engine, Executable, Select, Table, and_, delete

from consumer.adapters.sql.rows import Row
from consumer.adapters.sql.tables import staged

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


def remove(dialect: SqlDialect, connection: Connection, table: Table, keys: Sequence[Row]) -> None:
    """Delete the rows with these primary keys."""

    def deletion(given: Given) -> Executable:
        return delete(table).where(and_(*(table.c[name] == value for name, value in given.items())))

    dialect.for_each(connection, list(table.primary_key.columns), keys, deletion)


def written(table: Table) -> list[Column[Any]]:
    """The columns whose values we give."""
    return [column for column in table.columns if column is not table.autoincrement_column]
