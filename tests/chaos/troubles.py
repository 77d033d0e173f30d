"""What can befall a PostgreSQL server that comes back by itself. Each begins, and passes when its `with` ends."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from signal import SIGCONT, SIGSTOP, Signals
from threading import Thread
from uuid import uuid4

import psycopg
from psycopg import sql

from consumer.adapters.sql.dialects import Timeouts
from tests.chaos.loop import Connection

BOUND = 40.0
"""Seconds within which something has to happen, or the test fails."""

ORDINARY_USER = f"consumer_{uuid4().hex[:12]}"
"""Whom the loop is to the database. Roles belong to a server, which other test runs may use."""

OTHERS = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"

GONE = "server closed the connection"
"""What libpq makes of a session that ended between two statements: by then nobody listens to the reason."""


@dataclass(frozen=True)
class Trouble:
    """`strikes` gets a connection that looks on from outside. `says` is what the consumer waits for then, a pattern.

    Trouble that strikes `inside` does so in the middle of a transaction of ours, before its dead letters.
    """

    says: str
    strikes: Callable[[Connection], AbstractContextManager[None]]
    inside: bool = False
    timeouts: Timeouts | None = None


def raising(sqlstate: str) -> Callable[[Connection], AbstractContextManager[None]]:
    """The server refuses to write, for a reason of this SQLSTATE."""
    return lambda database: _trigger(database, f"RAISE EXCEPTION 'trouble' USING ERRCODE = '{sqlstate}'")


def too_slow(database: Connection) -> AbstractContextManager[None]:
    """Writing takes longer than a statement may."""
    return _trigger(database, f"PERFORM pg_sleep({BOUND:g})")


@contextmanager
def read_only(database: Connection) -> Iterator[None]:
    """A fail-over: all sessions are gone, and new ones may only read."""
    name = sql.Identifier(_name(database))
    database.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    try:
        with terminated(database):
            yield
    finally:
        database.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))


@contextmanager
def locked(database: Connection) -> Iterator[None]:
    """Somebody holds a lock for long."""
    with _another(database) as other:
        other.execute("LOCK TABLE memories IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def terminated(database: Connection) -> Iterator[None]:
    """An operator ends all sessions; new ones are welcome."""
    database.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {OTHERS}")
    yield


@contextmanager
def full(database: Connection) -> Iterator[None]:
    """All sessions are gone, and others have taken every connection that is to be had."""
    database.execute(f"ALTER ROLE {ORDINARY_USER} CONNECTION LIMIT 0")
    try:
        with terminated(database):
            yield
    finally:
        database.execute(f"ALTER ROLE {ORDINARY_USER} CONNECTION LIMIT -1")


@contextmanager
def kept_idle(database: Connection) -> Iterator[None]:
    """We stand still in our transaction until the server has had enough of it."""
    for _ in range(round(BOUND / 0.05)):
        if not database.execute(f"SELECT 1 FROM pg_stat_activity, pg_sleep(0.05) WHERE {OTHERS}").fetchone():
            break
    yield


@contextmanager
def frozen(database: Connection) -> Iterator[None]:
    """The sessions' processes stand still in the middle of a transaction, locks and all, while the kernel goes on
    acknowledging what is sent to them. The server has to be on this machine."""
    pids = [pid for (pid,) in database.execute(f"SELECT pid FROM pg_stat_activity WHERE {OTHERS}")]
    _signal(pids, SIGSTOP)
    try:
        yield
    finally:
        _signal(pids, SIGCONT)


@contextmanager
def deadlocked(database: Connection) -> Iterator[None]:
    """Another session has locked what we need next, and waits for what we have locked."""
    with ExitStack() as cleanup:
        other = cleanup.enter_context(_another(database))
        # The one that looks first is the one to give in.
        other.execute("SET deadlock_timeout = '1h'")
        other.execute("SELECT 1 FROM partitions FOR UPDATE")
        waits = Thread(target=other.execute, args=("LOCK TABLE memories IN ACCESS EXCLUSIVE MODE",))
        waits.start()
        cleanup.callback(waits.join)
        _wait_until_somebody_waits(database)
        yield


TROUBLES = {
    "25006 read-only": Trouble("read-only transaction", read_only),
    "53100 disk full": Trouble("trouble", raising("53100")),
    "53200 out of memory": Trouble("trouble", raising("53200")),
    "53300 too many connections": Trouble("too many connections", full),
    "40001 serialization failure": Trouble("trouble", raising("40001")),
    "57014 statement timeout": Trouble("due to statement timeout", too_slow, timeouts=Timeouts(statement=0.3)),
    "55P03 lock timeout": Trouble("due to lock timeout", locked, timeouts=Timeouts(lock=0.3)),
    "40P01 deadlock": Trouble("deadlock detected", deadlocked, inside=True),
    "25P03 idle in transaction": Trouble(
        f"idle-in-transaction timeout|{GONE}", kept_idle, inside=True, timeouts=Timeouts(idle=0.3)
    ),
    "57P01 terminated": Trouble(f"administrator command|{GONE}", terminated, inside=True),
}
"""By SQLSTATE and name."""


@contextmanager
def _trigger(database: Connection, does: str) -> Iterator[None]:
    database.execute(
        f"CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {does}; RETURN NULL; END $$"
    )
    database.execute("CREATE TRIGGER trouble BEFORE INSERT ON memories FOR EACH STATEMENT EXECUTE FUNCTION trouble()")
    try:
        yield
    finally:
        database.execute("DROP FUNCTION trouble CASCADE")


@contextmanager
def _another(database: Connection) -> Iterator[Connection]:
    """One more session, in a transaction that is rolled back."""
    with psycopg.connect(database.info.dsn, password=database.info.password) as other:
        yield other
        other.rollback()


def _name(database: Connection) -> str:
    return database.info.dbname


def _signal(pids: Sequence[object], number: Signals) -> None:
    for pid in pids:
        assert isinstance(pid, int)
        os.kill(pid, number)


def _wait_until_somebody_waits(database: Connection) -> None:
    for _ in range(round(BOUND / 0.05)):
        if database.execute(
            f"SELECT 1 FROM pg_stat_activity, pg_sleep(0.05) WHERE {OTHERS} AND wait_event_type = 'Lock'"
        ).fetchone():
            return
    raise AssertionError("nobody waits for a lock")
