"""Why a person decided about a pair; and what was erased."""

import sqlalchemy as sa
from alembic import op

from consumer.adapters.sql.types import Json, Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A column more for reviews, and a table."""
    op.add_column("reviews", sa.Column("decided_because", sa.Text))
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("erased_at", Moment, nullable=False),
        sa.Column("erased_by", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("removed", Json, nullable=False),
    )
