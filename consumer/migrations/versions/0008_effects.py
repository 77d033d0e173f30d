"""What telling repetitions and likenesses came to."""

import sqlalchemy as sa
from alembic import op

from consumer.adapters.sql.types import Moment

revision = "0008"
down_revision = "0007"

COUNTS = (
    *("records", "duplicates", "placed", "candidates", "merges_tried", "merged"),
    *("doubts", "confirmed", "false_alarms"),
)


def upgrade() -> None:
    """A row a batch, which is pruned, and totals, which are not. Batches from before do not count."""
    op.create_table(
        "batch_effects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("group_id", sa.String(255), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        *_counts(),
    )
    op.create_index("ix_batch_effects_written_at", "batch_effects", ["written_at"], postgresql_using="brin")
    op.create_table(
        "effect_totals",
        sa.Column("group_id", sa.String(255), primary_key=True),
        sa.Column("topic", sa.String(255), primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        *_counts(),
    )


def _counts() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS]
