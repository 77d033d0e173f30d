"""Database errors, sorted by what the caller does next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from consumer.adapters.sql.patience import TransactionTooLongError
from consumer.errors import ConsumerError, Fatal, TookTooLong, Transient
from consumer.isolation import RowRefused

# SQLSTATE classes, https://www.postgresql.org/docs/current/errcodes-appendix.html
DATA_CLASSES = ("22", "23", "44", "54")  # data exception, integrity, WITH CHECK OPTION, limits (an index row too large)
RAISED = "P0001"  # a trigger's RAISE EXCEPTION
MUTUAL_STATES = ("23503", "23505", "23P01", RAISED)  # foreign key, unique, exclusion: other rows have a say
PASSING_CLASSES = ("08", "40", "53", "55", "57", "58")  # connection, rollback, resources, state, intervention, system
PASSING_STATES = ("25006",)  # read-only: a fail-over in progress
TOO_LONG_STATES = ("57014", "25P03", "25P04")  # a statement, a silence, a transaction that was ended for its length
TOO_LONG = "Where the same batches take too long again and again: lower CONSUMER_BATCH_SIZE, or raise the timeout."
UNREACHED = "Is the server up, and are host, port, user, password and database in CONSUMER_DATABASE_URL right?"
"""At connect libpq keeps the SQLSTATE to itself: a wrong name can't be told from a server that is only starting."""
UNOPENED = "Is there such a directory, and may this user write to it and to the file? CONSUMER_DATABASE_URL names it."
SQLITE_OF_THE_ROW = ("SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_NOTNULL", "SQLITE_CONSTRAINT_DATATYPE")
SQLITE_OF_A_KEY = ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE")
SQLITE_PASSING = ("locked", "busy", "disk", "readonly", "i/o", "unable to open")


@contextmanager
def translated() -> Iterator[None]:
    """Within, every exception of the database is one of ours: `Transient` or `Fatal`."""
    try:
        with rows_refused():
            yield
    except RowRefused as refused:
        raise Fatal(f"database: {refused}", advice="Is the database as `db upgrade` left it?") from refused


@contextmanager
def rows_refused() -> Iterator[None]:
    """The same, but what the data are to blame for is `RowRefused`."""
    try:
        yield
    except (psycopg.Error, SQLAlchemyError) as error:
        raise _ours(error) from error
    except (UnicodeEncodeError, OverflowError) as error:  # half a surrogate pair, a time past the last year: any driver
        raise RowRefused(str(error), error) from error


def is_key_taken(refused: RowRefused) -> bool:
    """Whether a row was refused because another has its key, or had it first in the same statement."""
    cause = refused.cause
    return isinstance(cause, psycopg.errors.UniqueViolation) or (
        isinstance(cause, sqlite3.IntegrityError) and cause.sqlite_errorname in SQLITE_OF_A_KEY
    )


def _ours(error: psycopg.Error | SQLAlchemyError) -> ConsumerError | RowRefused:
    original = error.orig if isinstance(error, DBAPIError) else error
    message = str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    if isinstance(original, psycopg.Error):
        return _of_postgres(original, message)
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original, message)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Transient(f"database: {message}")
    return Fatal(f"database: {message}")


def _of_postgres(error: psycopg.Error, message: str) -> ConsumerError | RowRefused:
    state = error.sqlstate or ""
    if state.startswith(DATA_CLASSES) or state == RAISED or (not state and isinstance(error, psycopg.DataError)):
        return RowRefused(message, error, may_be_mutual=state in MUTUAL_STATES)
    if state in TOO_LONG_STATES or isinstance(error, TransactionTooLongError):
        return TookTooLong(f"database: {message}", advice=TOO_LONG)
    if state.startswith(PASSING_CLASSES) or state in PASSING_STATES:
        return Transient(f"database: {message}")
    if not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return Transient(f"database: {message}", advice=UNREACHED)
    return Fatal(f"database: {message} (SQLSTATE {state or 'none'})", advice=_advice(state))


def _of_sqlite(error: sqlite3.Error, message: str) -> ConsumerError | RowRefused:
    if isinstance(error, sqlite3.IntegrityError):
        return RowRefused(message, error, may_be_mutual=error.sqlite_errorname not in SQLITE_OF_THE_ROW)
    if isinstance(error, sqlite3.DataError):
        return RowRefused(message, error)
    if isinstance(error, sqlite3.OperationalError) and any(word in message.lower() for word in SQLITE_PASSING):
        advice = UNOPENED if "unable to open" in message.lower() else ""
        return Transient(f"database: {message}", advice=advice)
    return Fatal(f"database: {message}", advice=_advice("42P01" if "no such" in message else ""))


def _advice(state: str) -> str:
    if state.startswith("28"):
        return "Check user and password in CONSUMER_DATABASE_URL."
    if state in ("42P01", "42703"):
        return "Bring the tables up to date: memory-consumer db upgrade"
    if state == "42501":
        return "Grant the consumer's database user the rights it lacks."
    return ""
