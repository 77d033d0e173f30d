"""The row of each partition: claimed, fenced, counted. Statements only; the caller owns the transaction."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Row,
    and_,
    bindparam,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from consumer.adapters.sql import openings
from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.tables import outcome_counts, partitions, position_changes
from consumer.errors import OwnershipLost, Transient
from consumer.positions import Because, Known, Start
from consumer.records import Claim, Kind, TopicPartition
from consumer.verdicts import Counted

_ROW = partitions.c


class Takeover(NamedTuple):
    """A partition that we take from whoever has it. `before` is its row until then; None where there was none."""

    source: TopicPartition
    before: Row[Any] | None
    topic_id: str | None
    start: Start

    @property
    def claim(self) -> Claim:
        """Our title, once the transaction is committed."""
        epoch = 1 if self.before is None else self.before.epoch + 1
        return Claim(self.source, epoch, self.start.next_offset, self.start.incarnation)

    @property
    def is_move(self) -> bool:
        """Whether the position is not simply where the group left off."""
        return self.start.because is not Because.RESUMED


def _among(group_id: str, sources: Collection[TopicPartition]) -> ColumnElement[bool]:
    numbers = defaultdict(list)
    for source in sources:
        numbers[source.topic].append(source.partition)
    return and_(
        _ROW.group_id == group_id,
        or_(false(), *(and_(_ROW.topic == topic, _ROW.partition.in_(those)) for topic, those in numbers.items())),
    )


def read(connection: Connection, group_id: str, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
    """The claims that stand in the database."""
    statement = select(_ROW.topic, _ROW.partition, _ROW.epoch, _ROW.next_offset, _ROW.incarnation)
    rows = connection.execute(statement.where(_among(group_id, sources)))
    claims = (Claim(TopicPartition(row.topic, row.partition), *row[2:]) for row in rows)
    return {claim.source: claim for claim in claims}


def lock(connection: Connection, group_id: str, sources: Collection[TopicPartition]) -> dict[TopicPartition, Row[Any]]:
    """The rows of some partitions, locked until the transaction ends: in order, as everybody locks them."""
    statement = select(partitions).where(_among(group_id, sources)).order_by(_ROW.topic, _ROW.partition)
    rows = connection.execute(statement.with_for_update())
    return {TopicPartition(row.topic, row.partition): row for row in rows}


def known(row: Row[Any] | None) -> Known | None:
    """What the decision where to start needs of the row."""
    return None if row is None else Known(row.topic_id, row.incarnation, row.next_offset, row.obeyed_offset)


def take_over(
    connection: Connection, dialect: SqlDialect, group_id: str, takeovers: Sequence[Takeover], now: datetime
) -> None:
    """Raise the epochs: whoever had the partitions can write no more. A partition without a row gets one, at epoch 1.

    Raises `Transient` when another consumer was quicker to make such a row.
    """
    moves = [
        {
            "g": group_id,
            "t": source.topic,
            "p": source.partition,
            "id": topic_id,
            "to_offset": begin.next_offset,
            "obeyed": begin.obeyed_offset,
            "n_incarnation": begin.incarnation,
            "n_skipped": begin.skipped,
            "now": now,
        }
        for source, _, topic_id, begin in takeovers
    ]
    new = [move for move, each in zip(moves, takeovers, strict=True) if each.before is None]
    old = [move for move, each in zip(moves, takeovers, strict=True) if each.before is not None]
    if old:
        connection.execute(_TAKE_OVER, old)
    if new and connection.execute(_create(dialect), new, execution_options=_COUNTED).rowcount != len(new):
        raise Transient("partitions are being claimed by another consumer")


_TAKE_OVER = (
    update(partitions)
    .where(_ROW.group_id == bindparam("g"), _ROW.topic == bindparam("t"), _ROW.partition == bindparam("p"))
    .values(
        epoch=_ROW.epoch + 1,
        topic_id=func.coalesce(bindparam("id"), _ROW.topic_id),
        next_offset=bindparam("to_offset"),
        obeyed_offset=bindparam("obeyed"),
        incarnation=bindparam("n_incarnation"),
        skipped=_ROW.skipped + bindparam("n_skipped"),
        moved_at=bindparam("now"),
    )
)


def forget_obeyed(connection: Connection, group_id: str, claims: Collection[Claim]) -> None:
    """Let the partitions have obeyed nobody, as long as the epochs are ours."""
    ours = [{"g": group_id, "t": each.source.topic, "p": each.source.partition, "e": each.epoch} for each in claims]
    if ours:
        connection.execute(_FORGET_OBEYED, sorted(ours, key=lambda each: (each["t"], each["p"])))


_FORGET_OBEYED = (
    update(partitions)
    .where(
        _ROW.group_id == bindparam("g"),
        _ROW.topic == bindparam("t"),
        _ROW.partition == bindparam("p"),
        _ROW.epoch == bindparam("e"),
    )
    .values(obeyed_offset=None)
)

_COUNTED = {"preserve_rowcount": True}


def _create(dialect: SqlDialect) -> Executable:
    statement: Executable = dialect.insert(partitions).on_conflict_do_nothing().values(_NEW)
    return statement


_NEW = {
    "group_id": bindparam("g"),
    "topic": bindparam("t"),
    "partition": bindparam("p"),
    "topic_id": bindparam("id"),
    "incarnation": bindparam("n_incarnation"),
    "epoch": 1,
    "next_offset": bindparam("to_offset"),
    "obeyed_offset": bindparam("obeyed"),
    "records_read": 0,
    "skipped": bindparam("n_skipped"),
    "moved_at": bindparam("now"),
    **{kind.value: 0 for kind in Kind},
}


def audit(
    connection: Connection,
    group_id: str,
    takeovers: Sequence[Takeover],
    now: datetime,
    *,
    moved_by: str | None = None,
    reason: str | None = None,
) -> None:
    """Write down positions that are not simply where the group left off; where a person moved them, who and why."""
    if not takeovers:
        return
    connection.execute(
        insert(position_changes),
        [
            {
                "group_id": group_id,
                "topic": source.topic,
                "partition": source.partition,
                "incarnation": begin.incarnation,
                "because": begin.because,
                "from_offset": None if before is None else before.next_offset,
                "to_offset": begin.next_offset,
                "skipped": begin.skipped,
                "changed_at": now,
                "moved_by": moved_by,
                "reason": reason,
            }
            for source, before, _, begin in takeovers
        ],
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
            ~exists().where(openings.is_open(_ROW.group_id)),
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

    Raises `BreakerOpen` while the group's breaker is open, whoever opened it;
    `Transient` when an epoch is ours but its position is not where we think.
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
        if lost:
            raise OwnershipLost(lost)
        openings.require_closed(connection, group_id)
        raise Transient("a position moved meanwhile")


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
