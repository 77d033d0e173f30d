"""One statement for many rows, without psycopg's pipeline."""

from collections.abc import Iterable
from typing import Any, Self

import psycopg
from psycopg.abc import Params, Query


class Cursor(psycopg.Cursor[Any]):
    """psycopg's, but for `executemany`: one round trip, too, but a plain one.

    The pipeline's last word to the server is a Flush behind its Sync, and any word stops the clock of
    idle_in_transaction_session_timeout, which only the end of another statement starts again. A process frozen there
    would hold its locks for as long as it is frozen.
    """

    _counted: int | None = None

    @property
    def rowcount(self) -> int:
        """Of `executemany`, the rows of all its statements together."""
        return super().rowcount if self._counted is None else self._counted

    def execute(
        self, query: Any, params: Params | None = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Self:
        """One statement."""
        self._counted = None
        return super().execute(query, params, prepare=prepare, binary=binary)

    def executemany(self, query: Query, params_seq: Iterable[Params], *, returning: bool = False) -> None:
        """The statement with each of the parameters, which are written into its text."""
        with psycopg.ClientCursor(self.connection) as client:
            texts = [client.mogrify(query, params) for params in params_seq]
        self.execute("; ".join(texts))
        counted = self.rowcount
        while self.nextset():
            counted += self.rowcount
        self._counted = counted
