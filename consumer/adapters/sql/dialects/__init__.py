"""What differs between PostgreSQL and SQLite, and nothing else: how a transaction begins, staging, lists of values,
rows written in bulk, what is found in documents, the locks of owners, and what is left of rows that were deleted.
"""

from consumer.adapters.sql.dialects.dialect import SqlDialect, Timeouts, remove
from consumer.adapters.sql.dialects.postgres import Postgres
from consumer.adapters.sql.dialects.sqlite import Sqlite

__all__ = ["Postgres", "SqlDialect", "Sqlite", "Timeouts", "dialect_of", "remove"]


def dialect_of(name: str, timeouts: Timeouts) -> SqlDialect:
    """The dialect by SQLAlchemy's name for it."""
    return Postgres(timeouts) if name == "postgresql" else Sqlite()
