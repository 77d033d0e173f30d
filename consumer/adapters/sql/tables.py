"""The tables. Why they are cut like this, with the figures: docs/storage.md.

Changed only together with a migration: a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
)

from consumer.adapters.sql.documents import IdsInside, TextInside, number_inside
from consumer.adapters.sql.types import Json, Moment
from consumer.effects import COUNTS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identifier = String(255)
BigSerial = BigInteger().with_variant(Integer, "sqlite")


def _memory_columns() -> list[Column[object]]:
    """What a memory consists of; the staging table has the same."""
    return [
        Column("owner_id", Identifier),
        Column("occurred_at", Moment, nullable=False),
        Column("is_deleted", Boolean, nullable=False),
        Column("producer", Identifier),
        Column("content", Text),
        Column("summary", Text),
        Column("source_message_ids", Json),
        Column("participants", Json),
        Column("tags", Json),
        Column("confidence", Float(53)),
        Column("extracted_at", Moment),
        Column("metadata", Json),
        Column("emotional_context", Json),
        Column("relationship_dynamics", Json),
        # How good the memory is, and the codes of what is doubtful: memory.quality says it. NULL: never assessed.
        Column("quality", Float(53)),
        Column("warnings", Json),
    ]


memories = Table(
    "memories",
    metadata,
    Column("memory_id", Identifier, primary_key=True),
    *_memory_columns(),
    Column("written_at", Moment, nullable=False),
    # A deleted memory keeps its id and the time of its deletion: a later event of it must find it deleted. A living one
    # without a text is a member that says the same as another, which has the text.
    CheckConstraint("is_deleted = (owner_id IS NULL) AND (content IS NULL OR NOT is_deleted)", name="deleted_is_empty"),
    # memory search --owner
    Index(None, "owner_id", "occurred_at"),
)

event_ledger = Table(
    "event_ledger",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("memory_id", Identifier, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    # db prune. Rows arrive in the order of this column, so a block range index serves it at next to no cost.
    Index(None, "recorded_at", postgresql_using="brin"),
)

partitions = Table(
    "partitions",
    metadata,
    Column("group_id", Identifier, primary_key=True),
    Column("topic", Identifier, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("topic_id", String(64)),
    Column("incarnation", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("obeyed_offset", BigInteger),
    Column("records_read", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("merged", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("dead_lettered", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("moved_at", Moment, nullable=False),
    # Every record read ends as exactly one of the four: the database refuses a transaction that says otherwise.
    CheckConstraint("records_read = stored + merged + duplicates + dead_lettered", name="every_record_ends_once"),
)

outcome_counts = Table(
    "outcome_counts",
    metadata,
    Column("group_id", Identifier, primary_key=True),
    Column("topic", Identifier, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("category", String(32), primary_key=True),
    Column("records", BigInteger, nullable=False),
)

position_changes = Table(
    "position_changes",
    metadata,
    Column("id", BigSerial, primary_key=True),
    Column("group_id", Identifier, nullable=False),
    Column("topic", Identifier, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("because", String(32), nullable=False),
    Column("from_offset", BigInteger),
    Column("to_offset", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("changed_at", Moment, nullable=False),
    # Where a person did it with `offsets rewind` or `skip`.
    Column("moved_by", Identifier),
    Column("reason", Text),
)

kept_payloads = Table(
    "kept_payloads",
    metadata,
    Column("payload_id", String(320), primary_key=True),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("headers", Json, nullable=False),
    Column("kept_at", Moment, nullable=False),
)

consumers = Table(
    "consumers",
    metadata,
    Column("consumer_id", Identifier, primary_key=True),
    Column("group_id", Identifier, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("snapshot", Json, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("memory_id", Identifier, primary_key=True),
    Column("cluster_id", Uuid, nullable=False),
    Column("is_founder", Boolean, nullable=False),
    Column("band", String(8), nullable=False),
    Column("score", Float(53), nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    # The members of a cluster, when one of them changes.
    Index(None, "cluster_id"),
)

# Under which keys a cluster is found. They are made by memory.merging.blocking.
similarity_keys = Table(
    "similarity_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("cluster_id", Uuid, primary_key=True),
)

# What a reader sees of a cluster of two members or more.
merged_memories = Table(
    "merged_memories",
    metadata,
    Column("cluster_id", Uuid, primary_key=True),
    Column("memory_id", Identifier, nullable=False),
    *_memory_columns(),
    Column("conflicts", Json, nullable=False),
    Column("merged_at", Moment, nullable=False),
    Index(None, "owner_id", "occurred_at"),
)

# Refers to members and copies nothing of them, so that nobody's words outlive their erasure. It goes with the last
# member of the cluster: whose it was nobody could tell any more.
merge_history = Table(
    "merge_history",
    metadata,
    Column("id", BigSerial, primary_key=True),
    Column("cluster_id", Uuid, nullable=False),
    Column("memory_id", Identifier, nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("band", String(8), nullable=False),
    Column("score", Float(53), nullable=False),
    Column("conflicts", Json, nullable=False),
    Column("fields_changed", Json, nullable=False),
    # memory show, erase --owner, and what goes with a cluster
    Index(None, "cluster_id"),
    # erase --memory: where a memory stood before it changed, or was deleted, nothing else tells
    Index(None, "memory_id"),
)

# Pairs that a person has to look at. A decision binds two contents: it lapses when either changes.
reviews = Table(
    "reviews",
    metadata,
    Column("id", BigSerial, primary_key=True),
    Column("owner_id", Identifier, nullable=False),
    Column("memory_id", Identifier, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("other_memory_id", Identifier, nullable=False),
    Column("other_content_hash", LargeBinary, nullable=False),
    Column("score", Float(53), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("decision", String(8)),
    Column("noted_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Identifier),
    Column("decided_because", Text),
    # One of a pair, whose ids are in order; and what lapses with a memory.
    Index(None, "memory_id", "other_memory_id", unique=True),
    Index(None, "other_memory_id"),
    # erase --owner, and review list --owner
    Index(None, "owner_id"),
)

# Who erased what. A memory is named by its id, which its tombstone keeps anyway; an owner by a salted hash.
erasures = Table(
    "erasures",
    metadata,
    Column("id", BigSerial, primary_key=True),
    Column("erased_at", Moment, nullable=False),
    Column("erased_by", Identifier, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("subject", Identifier, nullable=False),
    Column("removed", Json, nullable=False),
)

breaker_openings = Table(
    "breaker_openings",
    metadata,
    Column("id", BigSerial, primary_key=True),
    Column("group_id", Identifier, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("why", Text, nullable=False),
    Column("tolerance", Text, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String(32)),
    Column("spent_at", Moment),
)
# One at a time; and the fence of every batch asks for it.
Index(
    "ix_breaker_openings_open",
    breaker_openings.c.group_id,
    unique=True,
    postgresql_where=breaker_openings.c.closed_at.is_(None),
    sqlite_where=breaker_openings.c.closed_at.is_(None),
)


def _effect_counts() -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False) for name in COUNTS]


batch_effects = Table(
    "batch_effects",
    metadata,
    Column("id", BigSerial, primary_key=True),
    Column("group_id", Identifier, nullable=False),
    Column("written_at", Moment, nullable=False),
    *_effect_counts(),
    # db prune
    Index(None, "written_at", postgresql_using="brin"),
)

# The same of all batches together, also of those that are pruned; each counted under its first partition.
effect_totals = Table(
    "effect_totals",
    metadata,
    Column("group_id", Identifier, primary_key=True),
    Column("topic", Identifier, primary_key=True),
    Column("partition", Integer, primary_key=True),
    *_effect_counts(),
)

for _table in (memories, merged_memories):
    # memory search --emotion, the newest first; the intensity is looked at in the index.
    Index(
        f"ix_{_table.name}_emotion",
        TextInside(_table.c.emotional_context, "primary_emotion"),
        _table.c.occurred_at,
        number_inside(_table.c.emotional_context, "intensity"),
    )
    # memory search --participant, memory strength. SQLite has no index on a list.
    Index(
        f"ix_{_table.name}_participant_ids",
        IdsInside(_table.c.participants).label("ids"),
        postgresql_using="gin",
        postgresql_ops={"ids": "jsonb_path_ops"},
    ).ddl_if(dialect="postgresql")

# Lives for one transaction. `seq` is the event's place in its batch.
staged = Table(
    "staged_events",
    MetaData(),
    Column("seq", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("memory_id", Identifier, nullable=False),
    *_memory_columns(),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)

MEMORY_COLUMNS = tuple(column.name for column in _memory_columns())
