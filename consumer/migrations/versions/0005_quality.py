"""How good a memory is, and what is doubtful about it."""

import sqlalchemy as sa
from alembic import op

from consumer.adapters.sql.types import Json

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Two columns, in both places where readers look; empty in rows that were written before."""
    for table in ("memories", "merged_memories"):
        op.add_column(table, sa.Column("quality", sa.Float(53)))
        op.add_column(table, sa.Column("warnings", Json))
