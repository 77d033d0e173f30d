"""Staging comes before any lock: where a process freezes in the middle of COPY, nobody has to wait for it."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sqlalchemy import Connection, text

from consumer.adapters.sql.batch import BatchTransaction
from consumer.adapters.sql.dialects import Postgres, Timeouts
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.clustering import Clustering
from consumer.adapters.sql.migrating import upgrade
from consumer.memory.merging.clusters import Rules
from tests.stories import NOON, event, plan

LOCKS = """
    SELECT coalesce(relation::regclass::text, locktype)
    FROM pg_locks
    WHERE pid = pg_backend_pid() AND granted
      AND (locktype = 'advisory' OR relation IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace))
      AND mode <> 'AccessShareLock'
"""
"""What this session has locked by now: tables with rows chosen or written, and what is locked by a number."""


class Watched(Postgres):
    """Notes what is locked before rows are staged, and when all is done."""

    def __init__(self) -> None:
        super().__init__(Timeouts())
        self.before_staging: list[set[str]] = []

    def stage(self, connection: Connection, rows: Iterable[Any]) -> None:
        self.before_staging.append(locked(connection))
        super().stage(connection, rows)


def locked(connection: Connection) -> set[str]:
    return set(connection.scalars(text(LOCKS)))


@pytest.mark.parametrize("rules", [None, Rules()], ids=["memory", "memory+dedup"])
def test_updates_of_what_is_there_are_staged_before_anything_is_locked(
    fresh_database: Callable[[], str], rules: Rules | None
) -> None:
    engine, dialect = open_engine(fresh_database()), Watched()
    upgrade(engine)
    for batch in (plan([event("a"), event("b", "m2")]), plan([event("c"), event("d", "m2")])):
        with engine.begin() as connection:
            dialect.open_for_batch(connection)
            clustering = Clustering(connection, dialect, rules, NOON) if rules else None
            BatchTransaction(connection, dialect, batch.arrivals, NOON, clustering=clustering).run(batch.event_ids())
            at_the_end = locked(connection)
    engine.dispose()
    assert dialect.before_staging == [set(), set()]
    assert {"memories", *(["advisory"] if rules else [])} <= at_the_end, "so that a lock would have been seen"
