"""The openings of a group's breaker."""

from sqlalchemy import ColumnElement, Connection, Engine, and_, select, update

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.tables import breaker_openings
from consumer.errors import BreakerOpen
from consumer.ports import Clock
from consumer.records import BY_HAND, Opening

_ROW = breaker_openings.c


def is_open(group_id: str | ColumnElement[str]) -> ColumnElement[bool]:
    """The condition under which a row is the group's open breaker."""
    return and_(_ROW.group_id == group_id, _ROW.closed_at.is_(None))


def current(connection: Connection, group_id: str) -> Opening | None:
    """The opening that is not closed yet, in a transaction of the caller's."""
    statement = select(_ROW.opened_at, _ROW.why, _ROW.tolerance).where(is_open(group_id))
    row = connection.execute(statement).one_or_none()
    return None if row is None else Opening(*row)


def require_closed(connection: Connection, group_id: str) -> None:
    """Raises `BreakerOpen` where the breaker is open, in a transaction of the caller's."""
    if opening := current(connection, group_id):
        raise BreakerOpen(opening.why, is_recorded=True)


class SqlOpenings:
    """The port `Openings`: a row an opening, at most one of a group without an end."""

    def __init__(self, engine: Engine, group_id: str, clock: Clock) -> None:
        self._engine = engine
        self._group_id = group_id
        self._clock = clock
        self._dialect = dialect_of(engine.dialect.name, Timeouts())

    def current(self) -> Opening | None:
        """The one that is not closed yet."""
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            return current(connection, self._group_id)

    def open(self, why: str, tolerance: str) -> None:
        """Open the breaker, unless it is open."""
        values = {"group_id": self._group_id, "opened_at": self._clock.now(), "why": why, "tolerance": tolerance}
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            connection.execute(self._dialect.insert(breaker_openings).on_conflict_do_nothing(), [values])

    def close(self, by: str) -> Opening | None:
        """Close the breaker."""
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            opening = current(connection, self._group_id)
            ended = {"closed_at": self._clock.now(), "closed_by": by}
            connection.execute(update(breaker_openings).where(is_open(self._group_id)).values(ended))
        return opening

    def is_pardoned(self) -> bool:
        """Whether the last opening was closed by hand, and what opened it has not passed yet."""
        last = select(_ROW.closed_by, _ROW.spent_at).where(_ROW.group_id == self._group_id)
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            row = connection.execute(last.order_by(_ROW.id.desc()).limit(1)).one_or_none()
        return row is not None and row.closed_by == BY_HAND and row.spent_at is None

    def spend(self) -> None:
        """What opened the breaker has passed."""
        closed = and_(_ROW.group_id == self._group_id, _ROW.closed_at.is_not(None), _ROW.spent_at.is_(None))
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            connection.execute(update(breaker_openings).where(closed).values(spent_at=self._clock.now()))
