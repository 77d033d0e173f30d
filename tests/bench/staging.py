"""A batch in one transaction, as a good engineer would write it by hand for speed: staged COPY, one INSERT a table."""

from collections.abc import Iterable

import psycopg

from tests.bench.layouts import Layout, Raw


class Staging:
    """Writes decoded events into the tables of one layout. Nothing is checked; what is there already stays."""

    def __init__(self, conninfo: str, layout: Layout) -> None:
        """`conninfo` is the database's URL as psycopg takes it."""
        self._connection = psycopg.connect(conninfo)
        self._layout = layout

    def write(self, events: Iterable[Raw]) -> None:
        """The events, committed."""
        with self._connection.cursor() as cursor:
            cursor.execute(self._layout.staging_table.encode())
            with cursor.copy(self._layout.copy.encode()) as copy:
                for event in events:
                    copy.write_row(self._layout.row_of(event))
            for fill in self._layout.fills:
                cursor.execute(fill.encode())
        self._connection.commit()

    def close(self) -> None:
        """Leave the server."""
        self._connection.close()
