"""Members, clusters, merged memories, their history, and pairs for review."""

import sqlalchemy as sa
from alembic import op

from consumer.adapters.sql.types import Json, Moment

revision = "0004"
down_revision = "0003"

IDENTIFIER = sa.String(255)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables of the mode memory+dedup; empty in the other."""
    _let_the_living_be_without_text()
    _members()
    _merged_memories()
    _merge_history()
    _reviews()


def _let_the_living_be_without_text() -> None:
    with op.batch_alter_table("memories") as memories:
        memories.drop_constraint(op.f("ck_memories_deleted_is_empty"), type_="check")
        memories.create_check_constraint(
            op.f("ck_memories_deleted_is_empty"),
            "is_deleted = (owner_id IS NULL) AND (content IS NULL OR NOT is_deleted)",
        )


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("memory_id", IDENTIFIER, primary_key=True),
        sa.Column("cluster_id", sa.Uuid, nullable=False),
        sa.Column("is_founder", sa.Boolean, nullable=False),
        sa.Column("band", sa.String(8), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.Column("content_hash", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_members_cluster_id", "members", ["cluster_id"])
    op.create_table(
        "similarity_keys",
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("cluster_id", sa.Uuid, primary_key=True),
    )


def _merged_memories() -> None:
    op.create_table(
        "merged_memories",
        sa.Column("cluster_id", sa.Uuid, primary_key=True),
        sa.Column("memory_id", IDENTIFIER, nullable=False),
        sa.Column("owner_id", IDENTIFIER),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("producer", IDENTIFIER),
        sa.Column("content", sa.Text),
        sa.Column("summary", sa.Text),
        sa.Column("source_message_ids", Json),
        sa.Column("participants", Json),
        sa.Column("tags", Json),
        sa.Column("confidence", sa.Float(53)),
        sa.Column("extracted_at", Moment),
        sa.Column("metadata", Json),
        sa.Column("emotional_context", Json),
        sa.Column("relationship_dynamics", Json),
        sa.Column("conflicts", Json, nullable=False),
        sa.Column("merged_at", Moment, nullable=False),
    )
    op.create_index("ix_merged_memories_owner_id_occurred_at", "merged_memories", ["owner_id", "occurred_at"])


def _merge_history() -> None:
    op.create_table(
        "merge_history",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("cluster_id", sa.Uuid, nullable=False),
        sa.Column("memory_id", IDENTIFIER, nullable=False),
        sa.Column("joined_at", Moment, nullable=False),
        sa.Column("band", sa.String(8), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.Column("conflicts", Json, nullable=False),
        sa.Column("fields_changed", Json, nullable=False),
    )
    op.create_index("ix_merge_history_cluster_id", "merge_history", ["cluster_id"])


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("owner_id", IDENTIFIER, nullable=False),
        sa.Column("memory_id", IDENTIFIER, nullable=False),
        sa.Column("content_hash", sa.LargeBinary, nullable=False),
        sa.Column("other_memory_id", IDENTIFIER, nullable=False),
        sa.Column("other_content_hash", sa.LargeBinary, nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("decision", sa.String(8)),
        sa.Column("noted_at", Moment, nullable=False),
        sa.Column("decided_at", Moment),
        sa.Column("decided_by", IDENTIFIER),
    )
    op.create_index("ix_reviews_memory_id_other_memory_id", "reviews", ["memory_id", "other_memory_id"], unique=True)
    op.create_index("ix_reviews_other_memory_id", "reviews", ["other_memory_id"])
