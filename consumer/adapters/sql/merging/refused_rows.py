"""Rows about clusters that the database will not have."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Table

from consumer.adapters.sql.errors import rows_refused
from consumer.errors import Fatal
from consumer.isolation import RowRefused

AT_MOST = 3


@contextmanager
def writing(table: Table, of_what: str, ids: Collection[object]) -> Iterator[None]:
    """Within, rows of these are written. Raises `Fatal` where one is refused: it follows from memories that are stored
    already, so there is no record to blame. The message says where to look."""
    try:
        with rows_refused():
            yield
    except RowRefused as refused:
        raise Fatal(
            f"database: {table.name} refuses a row of {of_what} {_listed(ids)}: {refused}",
            advice=(
                f"Is there a constraint or a trigger on {table.name} that `db upgrade` has not made? Let it bear the"
                " row, or drop it, and start again: nothing of the batch was written. With CONSUMER_BATCH_SIZE=1 the"
                " message names few."
            ),
        ) from refused


def _listed(ids: Collection[object]) -> str:
    names = sorted(set(map(str, ids)))
    rest = len(names) - AT_MOST
    return " or ".join(names[:AT_MOST]) + (f" or one of {rest} more" if rest > 0 else "")
