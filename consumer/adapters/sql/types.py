"""Column types that mean the same on PostgreSQL and on SQLite."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Dialect, String
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

Json = JSON().with_variant(JSONB(), "postgresql")
"""A document. None is SQL's NULL where it comes from staging, as every memory does."""


def iso(moment: datetime) -> str:
    """The form in which SQLite keeps a moment: UTC, fixed width, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond: `timestamptz` on PostgreSQL, ISO 8601 text on SQLite."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """timestamptz where there is one."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Into the database."""
        return value if value is None or dialect.name == "postgresql" else iso(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Out of the database, always in UTC."""
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC)
