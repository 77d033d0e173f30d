"""The breaker's openings."""

import sqlalchemy as sa
from alembic import op

from consumer.adapters.sql.types import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A row for each time that the breaker of a group was opened; at most one of a group is not closed."""
    op.create_table(
        "breaker_openings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("group_id", sa.String(255), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("tolerance", sa.Text, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("closed_by", sa.String(32)),
        sa.Column("spent_at", Moment),
    )
    op.create_index(
        "ix_breaker_openings_open",
        "breaker_openings",
        ["group_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
