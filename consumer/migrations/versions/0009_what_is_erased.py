"""Indexes for what is erased; and no history of clusters that are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Whose a cluster was that nobody is in any more, nobody can tell, so that an owner's erasure would not find it."""
    op.execute(
        sa.text(
            "DELETE FROM merge_history WHERE NOT EXISTS"
            " (SELECT 1 FROM members WHERE members.cluster_id = merge_history.cluster_id)"
        )
    )
    op.create_index("ix_merge_history_memory_id", "merge_history", ["memory_id"])
    op.create_index("ix_reviews_owner_id", "reviews", ["owner_id"])
