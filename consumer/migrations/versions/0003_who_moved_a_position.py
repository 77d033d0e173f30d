"""Who moved a position by hand, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Two columns that are empty where the consumer itself decided."""
    op.add_column("position_changes", sa.Column("moved_by", sa.String(255)))
    op.add_column("position_changes", sa.Column("reason", sa.Text))
