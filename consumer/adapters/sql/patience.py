"""How long we wait for the database, measured on our side.

The timeouts that PostgreSQL is told of end with PostgreSQL: a server that is frozen, or a network that swallows what is
sent, keeps no promise, and the kernel goes on acknowledging for hours. One thread does everything here, so a wait
without an end would have the group take us for dead. Everything that psycopg waits for once connected (statements,
COPY, COMMIT) passes `Connection.wait`, which is where a wait is given up and the connection with it.
"""

from collections.abc import Generator
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

Result = TypeVar("Result")


@dataclass(slots=True, frozen=True)
class Patience:
    """How long a single answer, and how long a transaction from its first statement on, may take, in seconds.

    An answer gets more time than `Timeouts.statement`: as long as the server is alive, its own timeout is to end a slow
    statement, because it leaves the connection whole.
    """

    answer: float
    transaction: float


class NoAnswerError(psycopg.OperationalError):
    """We waited long enough, and gave the connection up. What became of the transaction is not known."""


class TransactionTooLongError(NoAnswerError):
    """The same, but the server did answer: there was too much to be done."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that ends itself rather than wait for ever. Used by one thread at a time."""

    patience: Patience
    _began = 0.0
    _given_up: NoAnswerError | None = None

    def wait(self, gen: PQGen[Result], *args: Any, **options: Any) -> Result:
        """Wait for the server, within bounds. Raises `NoAnswerError`, and is closed then."""
        if self._given_up:
            # Whoever clears up behind the failure is told the same, so that its reason is what is heard in the end.
            raise type(self._given_up)(str(self._given_up))
        now = monotonic()
        if self.pgconn.transaction_status == TransactionStatus.IDLE:
            self._began = now
        answer_by, end_by = now + self.patience.answer, self._began + self.patience.transaction
        try:
            return super().wait(_until(min(answer_by, end_by), gen), *args, **options)
        except TimeoutError:
            self.close()
            self._given_up = self._complaint(is_answer=answer_by <= end_by)
            raise self._given_up from None

    def _complaint(self, *, is_answer: bool) -> NoAnswerError:
        if is_answer:
            return NoAnswerError(f"the database did not answer within {self.patience.answer:g} seconds")
        return TransactionTooLongError(
            f"a transaction took longer than {self.patience.transaction:g} seconds, which is a third of"
            " max.poll.interval.ms: lower CONSUMER_BATCH_SIZE, or raise that"
        )


def _until(end: float, gen: PQGen[Result]) -> Generator[Any, Any, Result]:
    """The same exchange with the server. Raises `TimeoutError` past its end.

    psycopg looks in every 0.1 seconds, whether anything came or not.
    """
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if monotonic() >= end:
                gen.close()
                raise TimeoutError
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


def bear_with(engine: Engine, patience: Patience) -> None:
    """Have every connection that the engine opens from now on wait no longer than that."""

    @event.listens_for(engine, "do_connect")
    def connect(_: Any, __: Any, arguments: Any, options: Any) -> PatientConnection:
        connection = PatientConnection.connect(*arguments, **options)
        connection.patience = patience
        return connection
