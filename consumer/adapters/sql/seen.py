"""What a reader sees: memories that are in no merged cluster, and merged ones in place of their members; and what the
originals tell of two people. Statements only.

Each criterion that leads to memories has its index: (owner, time), (emotion, time, intensity), and on PostgreSQL
participants' ids. SQLite has no index into a list: for these it reads the owner's memories, or all. The newest come
first, at most so many, so that an index in order of time is read no further than that.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Uuid, cast, func, literal, null, or_, select, union_all

from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.documents import TextInside, number_inside
from consumer.adapters.sql.tables import MEMORY_COLUMNS, members, memories, merged_memories
from consumer.memory.asking import Criteria

# One look by key for each row that is read anyway. As a join the database would now and then read all members for it.
_STANDS_ALONE = (
    select(func.count() == 0)
    .select_from(members)
    .join(merged_memories, merged_memories.c.cluster_id == members.c.cluster_id)
    .where(members.c.memory_id == memories.c.memory_id)
    .correlate(memories)
    .scalar_subquery()
)
_MEMBERS = (
    select(func.count())
    .select_from(members)
    .where(members.c.cluster_id == merged_memories.c.cluster_id)
    .correlate(merged_memories)
    .scalar_subquery()
)
_OF_MEMORIES = (
    memories.c.memory_id,
    *(memories.c[name] for name in MEMORY_COLUMNS),
    memories.c.written_at,
    cast(null(), Uuid).label("cluster_id"),
    literal(1).label("members"),
)
_OF_MERGED = (
    merged_memories.c.memory_id,
    *(merged_memories.c[name] for name in MEMORY_COLUMNS),
    merged_memories.c.merged_at.label("written_at"),
    merged_memories.c.cluster_id,
    _MEMBERS.label("members"),
)


def seen(criteria: Criteria, dialect: SqlDialect, limit: int) -> Select[Any]:
    """The memories that meet the criteria, whole, the newest first; at most so many.

    Columns are those of the table, with `cluster_id`, None where it is not merged, and the number of its `members`.
    """
    alone, merged = select(*_OF_MEMORIES).where(_STANDS_ALONE), select(*_OF_MERGED)
    return _newest(
        alone.where(*_conditions(memories, criteria, dialect)),
        merged.where(*_conditions(merged_memories, criteria, dialect)),
        limit,
    )


def bonds(criteria: Criteria, dialect: SqlDialect, limit: int) -> Select[Any]:
    """Of the originals that meet the criteria, and tell of a relationship: when it was, and the relationship; the
    newest, at most so many. Merged or not: what is seen of several has one time, and the strength that one of them
    told."""
    return (
        select(*(memories.c[name] for name in ("memory_id", "owner_id", "occurred_at", "relationship_dynamics")))
        .where(*_conditions(memories, criteria, dialect), memories.c.relationship_dynamics.is_not(None))
        .order_by(memories.c.occurred_at.desc(), memories.c.memory_id)
        .limit(limit)
    )


def _newest(alone: Select[Any], merged: Select[Any], limit: int) -> Select[Any]:
    """Each table is read in the order of time, and no further than so many rows."""
    first = (
        each.order_by(each.selected_columns.occurred_at.desc(), each.selected_columns.memory_id).limit(limit)
        for each in (alone, merged)
    )
    every = union_all(*(select(each.subquery()) for each in first)).subquery()
    return select(every).order_by(every.c.occurred_at.desc(), every.c.memory_id).limit(limit)


def _conditions(table: Table, criteria: Criteria, dialect: SqlDialect) -> Iterator[ColumnElement[bool]]:
    if criteria.owner_id is not None:
        yield table.c.owner_id == criteria.owner_id
    if criteria.emotion is not None:
        yield TextInside(table.c.emotional_context, "primary_emotion") == criteria.emotion
    if criteria.min_intensity is not None:
        yield number_inside(table.c.emotional_context, "intensity") >= criteria.min_intensity
    if criteria.participants:
        yield dialect.took_part(table.c.participants, criteria.participants)
    if criteria.tag is not None:
        yield dialect.lists(table.c.tags, criteria.tag)
    if criteria.since is not None:
        yield table.c.occurred_at >= criteria.since
    if criteria.until is not None:
        yield table.c.occurred_at < criteria.until
    for word in criteria.words:
        yield _stands_in(word, table.c.content, table.c.summary)


def _stands_in(word: str, *texts: ColumnElement[str]) -> ColumnElement[bool]:
    """Databases know capitals by their locale, SQLite those of ASCII alone: so the usual ways to write it are named."""
    written = sorted({word, word.lower(), word.upper(), word.capitalize()} if not word.isascii() else {word})
    return or_(*(text.icontains(each, autoescape=True) for text in texts for each in written))
