"""The first tables."""

import sqlalchemy as sa
from alembic import op

from consumer.adapters.sql.types import Json, Moment

revision = "0001"
down_revision = None

IDENTIFIER = sa.String(255)


def upgrade() -> None:
    """Memories, the ledger of event ids, the partition rows with their counts, and what surrounds them."""
    _memories()
    _event_ledger()
    _partitions()
    _outcome_counts()
    _position_changes()
    _kept_payloads()
    _consumers()


def _memories() -> None:
    op.create_table(
        "memories",
        sa.Column("memory_id", IDENTIFIER, primary_key=True),
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
        sa.Column("written_at", Moment, nullable=False),
        sa.CheckConstraint(
            "is_deleted = (content IS NULL) AND is_deleted = (owner_id IS NULL)", name="deleted_is_empty"
        ),
    )
    op.create_index("ix_memories_owner_id_occurred_at", "memories", ["owner_id", "occurred_at"])


def _event_ledger() -> None:
    op.create_table(
        "event_ledger",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("memory_id", IDENTIFIER, nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
    )
    op.create_index("ix_event_ledger_recorded_at", "event_ledger", ["recorded_at"], postgresql_using="brin")


def _partitions() -> None:
    op.create_table(
        "partitions",
        sa.Column("group_id", IDENTIFIER, primary_key=True),
        sa.Column("topic", IDENTIFIER, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("topic_id", sa.String(64)),
        sa.Column("incarnation", sa.Integer, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
        sa.Column("obeyed_offset", sa.BigInteger),
        sa.Column("records_read", sa.BigInteger, nullable=False),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("merged", sa.BigInteger, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("dead_lettered", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("moved_at", Moment, nullable=False),
        sa.CheckConstraint(
            "records_read = stored + merged + duplicates + dead_lettered", name="every_record_ends_once"
        ),
    )


def _outcome_counts() -> None:
    op.create_table(
        "outcome_counts",
        sa.Column("group_id", IDENTIFIER, primary_key=True),
        sa.Column("topic", IDENTIFIER, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("category", sa.String(32), primary_key=True),
        sa.Column("records", sa.BigInteger, nullable=False),
    )


def _position_changes() -> None:
    op.create_table(
        "position_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("group_id", IDENTIFIER, nullable=False),
        sa.Column("topic", IDENTIFIER, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("incarnation", sa.Integer, nullable=False),
        sa.Column("because", sa.String(32), nullable=False),
        sa.Column("from_offset", sa.BigInteger),
        sa.Column("to_offset", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
    )


def _kept_payloads() -> None:
    op.create_table(
        "kept_payloads",
        sa.Column("payload_id", sa.String(320), primary_key=True),
        sa.Column("key", sa.LargeBinary),
        sa.Column("value", sa.LargeBinary),
        sa.Column("headers", Json, nullable=False),
        sa.Column("kept_at", Moment, nullable=False),
    )


def _consumers() -> None:
    op.create_table(
        "consumers",
        sa.Column("consumer_id", IDENTIFIER, primary_key=True),
        sa.Column("group_id", IDENTIFIER, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("snapshot", Json, nullable=False),
    )
