"""Parts of a transaction that may fail without the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from consumer.adapters.sql.errors import rows_refused
from consumer.isolation import RowRefused


class Surprised(Exception):
    """The database knows something that we did not."""


class Attempts:
    """Attempts one after the other, each of which happens as a whole or not at all.

    A savepoint that was rolled back to is still there, and serves for the next attempt: only what was set would pile
    up, until PostgreSQL needs milliseconds for each statement, and letting go of each costs a round trip. The last may
    stay behind. Attempts within an attempt need another name.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._is_set = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises `RowRefused` or `Surprised` with nothing changed. Other trouble ends the transaction anyway."""
        if not self._is_set:
            self._connection.exec_driver_sql(f"SAVEPOINT {self._name}")
            self._is_set = True
        try:
            with rows_refused():
                yield
        except (Surprised, RowRefused):
            self._connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {self._name}")
            raise
        self._connection.exec_driver_sql(f"RELEASE SAVEPOINT {self._name}")
        self._is_set = False
