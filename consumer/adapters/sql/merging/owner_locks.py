"""The owners that a batch has to itself. They come before rows, for everybody who changes clusters."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from consumer.adapters.sql.dialects import SqlDialect
from consumer.errors import Transient
from consumer.memory.ordering import State


class OwnerLocks:
    """Taken once, before any row is: who waits for an owner with rows in hand waits for one who waits for the rows."""

    def __init__(self, connection: Connection, dialect: SqlDialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self._taken: set[str] = set()

    def take(self, owners: Iterable[str | None]) -> None:
        """Wait until these owners are ours, until the transaction ends. None stands for that of a deleted memory."""
        self._taken = {owner for owner in owners if owner is not None}
        if self._taken:
            self._dialect.lock_owners(self._connection, self._taken)

    def require(self, states: Collection[State]) -> None:
        """What was looked at before the rows were locked still holds. Raises `Transient` where a memory has come into
        being, or joined a cluster, since: the next try knows its owner."""
        unlocked = {state.owner_id for state in states if not state.is_deleted} - self._taken
        if unlocked:
            raise Transient("a memory of the batch became somebody's while its owners were being locked")
