"""The row of each partition: claimed, fenced, counted. Statements only; the caller owns the transaction."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, insert, or_, select, update

from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.tables import outcome_counts, partitions, position_changes
from consumer.errors import OwnershipLost, Transient
from consumer.positions import Known, Start
from consumer.records import Claim, Kind, TopicPartition
from consumer.verdicts import Counted

_ROW = partitions.c


def _is(group_id: str, source: TopicPartition) -> ColumnElement[bool]:
    return and_(_ROW.group_id == group_id, _ROW.topic == source.topic, _ROW.partition == source.partition)


def read(connection: Connection, group_id: str, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
    """The claims that stand in the database."""
    if not sources:
        return {}
    statement = select(_ROW.topic, _ROW.partition, _ROW.epoch, _ROW.next_offset, _ROW.incarnation)
    rows = connection.execute(statement.where(or_(*(_is(group_id, source) for source in sources))))
    claims = (Claim(TopicPartition(row.topic, row.partition), *row[2:]) for row in rows)
    return {claim.source: claim for claim in claims}


def lock(connection: Connection, group_id: str, source: TopicPartition) -> Row[Any] | None:
    """The row of one partition, locked until the transaction ends."""
    return connection.execute(select(partitions).where(_is(group_id, source)).with_for_update()).one_or_none()


def known(row: Row[Any] | None) -> Known | None:
    """What the decision where to start needs of the row."""
    return None if row is None else Known(row.topic_id, row.incarnation, row.next_offset, row.obeyed_offset)


def create(
    connection: Connection,
    dialect: SqlDialect,
    group_id: str,
    source: TopicPartition,
    topic_id: str | None,
    start: Start,
    now: datetime,
) -> None:
    """The first row of a partition, at epoch 1. Raises `Transient` when another consumer was quicker."""
    counters = {kind.value: 0 for kind in Kind}
    created = connection.execute(
        dialect.insert(partitions)
        .on_conflict_do_nothing()
        .values(
            group_id=group_id,
            topic=source.topic,
            partition=source.partition,
            topic_id=topic_id,
            incarnation=start.incarnation,
            epoch=1,
            next_offset=start.next_offset,
            obeyed_offset=start.obeyed_offset,
            records_read=0,
            skipped=start.skipped,
            moved_at=now,
            **counters,
        ),
        execution_options={"preserve_rowcount": True},
    )
    if created.rowcount != 1:
        raise Transient(f"{source} is being claimed by another consumer")


def take_over(
    connection: Connection, group_id: str, source: TopicPartition, topic_id: str | None, start: Start, now: datetime
) -> None:
    """Raise the epoch: whoever had the partition can write no more."""
    values: dict[str, Any] = {"topic_id": topic_id} if topic_id else {}
    connection.execute(
        update(partitions)
        .where(_is(group_id, source))
        .values(
            epoch=_ROW.epoch + 1,
            next_offset=start.next_offset,
            obeyed_offset=start.obeyed_offset,
            incarnation=start.incarnation,
            skipped=_ROW.skipped + start.skipped,
            moved_at=now,
            **values,
        )
    )


def audit(
    connection: Connection, group_id: str, source: TopicPartition, before: int | None, start: Start, now: datetime
) -> None:
    """Write down a position that is not simply where the group left off."""
    connection.execute(
        insert(position_changes).values(
            group_id=group_id,
            topic=source.topic,
            partition=source.partition,
            incarnation=start.incarnation,
            because=start.because,
            from_offset=before,
            to_offset=start.next_offset,
            skipped=start.skipped,
            changed_at=now,
        )
    )


_FENCE = (
    update(partitions)
    .where(
        and_(
            _ROW.group_id == bindparam("g"),
            _ROW.topic == bindparam("t"),
            _ROW.partition == bindparam("p"),
            _ROW.epoch == bindparam("e"),
            _ROW.next_offset == bindparam("from_offset"),
        )
    )
    .values(
        next_offset=bindparam("to_offset"),
        records_read=_ROW.records_read + bindparam("n_read"),
        moved_at=bindparam("now"),
        **{kind.value: _ROW[kind.value] + bindparam(f"n_{kind.value}") for kind in Kind},
    )
)


def fence(
    connection: Connection,
    group_id: str,
    claims: Mapping[TopicPartition, Claim],
    next_offsets: Mapping[TopicPartition, int],
    records_read: Mapping[TopicPartition, int],
    counts: Counter[Counted],
    now: datetime,
) -> None:
    """Move the positions and the counters, as long as the epochs are ours; else raise `OwnershipLost`.

    Raises `Transient` when an epoch is ours but its position is not where we think.
    """
    by_kind: defaultdict[TopicPartition, Counter[str]] = defaultdict(Counter)
    for (source, outcome), records in counts.items():
        by_kind[source][f"n_{outcome.kind}"] += records
    moves = [
        {
            "g": group_id,
            "t": source.topic,
            "p": source.partition,
            "e": claims[source].epoch,
            "from_offset": claims[source].next_offset,
            "to_offset": next_offsets[source],
            "n_read": records_read[source],
            "now": now,
        }
        | {f"n_{kind}": by_kind[source][f"n_{kind}"] for kind in Kind}
        for source in sorted(next_offsets)
    ]
    moved = connection.execute(_FENCE, moves).rowcount
    if moved != len(moves):
        rows = read(connection, group_id, next_offsets.keys())
        lost = [source for source in next_offsets if source not in rows or rows[source].epoch != claims[source].epoch]
        raise OwnershipLost(lost) if lost else Transient("a position moved meanwhile")


def count(connection: Connection, dialect: SqlDialect, group_id: str, counts: Counter[Counted]) -> None:
    """Add to the counts by category."""
    if not counts:
        return
    statement = dialect.insert(outcome_counts)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(outcome_counts.primary_key.columns),
            set_={"records": outcome_counts.c.records + statement.excluded.records},
        ),
        [
            {
                "group_id": group_id,
                "topic": source.topic,
                "partition": source.partition,
                "kind": outcome.kind,
                "category": outcome.category,
                "records": records,
            }
            for (source, outcome), records in sorted(counts.items())
        ],
    )
