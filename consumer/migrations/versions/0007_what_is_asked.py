"""Indexes for what is asked of emotions and of people."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

EMOTION = {
    "postgresql": "((emotional_context ->> 'primary_emotion'), occurred_at,"
    " CAST((emotional_context ->> 'intensity') AS FLOAT(53)))",
    "sqlite": "(json_extract(emotional_context, '$.primary_emotion'), occurred_at,"
    " CAST(json_extract(emotional_context, '$.intensity') AS FLOAT))",
}
IDS = "(jsonb_path_query_array(participants, '$[*].id') jsonb_path_ops)"


def upgrade() -> None:
    """A later batch operation on these tables has to make them again: on SQLite it copies the table without them."""
    dialect = op.get_context().dialect.name
    for table in ("memories", "merged_memories"):
        op.execute(sa.text(f"CREATE INDEX ix_{table}_emotion ON {table} {EMOTION[dialect]}"))
        if dialect == "postgresql":
            op.execute(sa.text(f"CREATE INDEX ix_{table}_participant_ids ON {table} USING gin {IDS}"))
