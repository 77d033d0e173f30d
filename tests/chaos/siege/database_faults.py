"""What can be wrong with PostgreSQL, and with the way to it."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import psycopg

from tests.chaos.siege.sequence import Heal, Kind, already_well, found_nothing
from tests.chaos.siege.site import APPLICATION, Site, connected
from tests.fakes.tcp_proxy import Moment

THE_WAY = "the way to the database"

LOCKS = "the tables' locks"
READ_ONLY = "whether the database may be written to"
COMMIT = "the next COMMIT"
IN_TIME = (2.0, 2.0)
"""Seconds within which a COMMIT has to come to be cut off."""

PASSING_STATES = {
    "40001": "serialization failure",
    "40P01": "deadlock",
    "53100": "disk full",
    "55P03": "lock not available",
    "57014": "statement cancelled",
}

_OTHERS = f"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name <> '{APPLICATION}'
"""


def away(site: Site, _: random.Random) -> Heal:
    """Connections are cut, new ones refused."""
    site.database.cut()
    return site.database.mend


def cut(site: Site, _: random.Random) -> Heal:
    """Connections are cut; new ones are welcome."""
    site.database.cut()
    site.database.mend()
    return already_well


def hangs(site: Site, _: random.Random) -> Heal:
    """Nothing passes, and nobody is told."""
    site.database.pause()
    return site.database.resume


def slow(site: Site, chance: random.Random) -> Heal:
    """Every piece of data takes its time."""
    site.database.slow(chance.uniform(0.01, 0.1))
    return partial(site.database.slow, 0.0)


def cut_at_commit(moment: Moment) -> Callable[[Site, random.Random], Heal]:
    """The connection breaks at the next COMMIT, seen from it at this moment."""

    def inject(site: Site, _: random.Random) -> Heal:
        site.database.cut_at(b"COMMIT", moment)

        def heal() -> bool:
            site.database.release()
            return site.database.sprung.is_set()

        return heal

    return inject


def terminated(site: Site, _: random.Random) -> Heal:
    """An administrator ends all sessions."""
    ended = site.sql.execute(_OTHERS.encode()).rowcount
    return already_well if ended else found_nothing


def locked(site: Site, chance: random.Random) -> Heal:
    """Somebody holds a lock on a table: it can be read, not written. No session of the consumers' may keep it long."""
    table = chance.choice(("memories", "partitions"))
    with ExitStack() as opened:
        locking = opened.enter_context(connected(site.services.database_url))
        opened.enter_context(locking.transaction())
        locking.execute("SET LOCAL lock_timeout = '20s'")
        locking.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE".encode())
        return opened.pop_all().close


def read_only(site: Site, _: random.Random) -> Heal:
    """A server that has stepped down: sessions are ended, new ones may only read."""
    database = site.sql.info.dbname
    _alter(site.sql, f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    return partial(_alter, site.sql, f"ALTER DATABASE {database} RESET default_transaction_read_only")


def fails(site: Site, chance: random.Random) -> Heal:
    """The next transaction that enters events fails, in one of several ways that pass."""
    site.sql.execute("UPDATE siege_state SET sqlstate = %s", [chance.choice(sorted(PASSING_STATES))])
    site.sql.execute("SELECT setval('siege_draws', 1, false)")
    return already_well


def _alter(sql: psycopg.Connection[Any], statement: str) -> None:
    sql.execute(statement.encode())
    sql.execute(_OTHERS.encode())


KINDS = (
    Kind("database away", away, weight=3, lasts=(0.2, 3.0), targets=frozenset({THE_WAY})),
    Kind("database connections cut", cut, weight=6, targets=frozenset({THE_WAY})),
    Kind("database hangs", hangs, weight=3, lasts=(0.3, 3.0), targets=frozenset({THE_WAY})),
    Kind("database slow", slow, weight=4, lasts=(0.5, 2.5), targets=frozenset({THE_WAY})),
    Kind("cut off before COMMIT", cut_at_commit(Moment.BEFORE), weight=5, lasts=IN_TIME, targets=frozenset({COMMIT})),
    Kind("COMMIT's answer lost", cut_at_commit(Moment.DURING), weight=5, lasts=IN_TIME, targets=frozenset({COMMIT})),
    Kind("cut off after COMMIT", cut_at_commit(Moment.AFTER), weight=3, lasts=IN_TIME, targets=frozenset({COMMIT})),
    Kind("COMMIT arrives late", cut_at_commit(Moment.LATE), weight=3, lasts=(0.5, 3.0), targets=frozenset({COMMIT})),
    Kind("database sessions terminated", terminated, weight=6),
    Kind("table locked", locked, weight=4, lasts=(0.3, 2.5), targets=frozenset({LOCKS})),
    Kind("database read-only", read_only, weight=3, lasts=(0.2, 1.5), targets=frozenset({READ_ONLY})),
    Kind("transaction fails", fails, weight=8),
)
