"""Effect figures: a row a batch, and totals. Statements only; the caller owns the transaction.

Totals stand under the first partition of a batch. Whoever writes it owns that partition, so no two consumers of a group
wait for the same row.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.tables import batch_effects, effect_totals
from consumer.effects import COUNTS, Effects
from consumer.records import TopicPartition


def keep(
    connection: Connection, dialect: SqlDialect, group_id: str, first: TopicPartition, effects: Effects, now: datetime
) -> None:
    """Write down what a batch came to, and add it to the totals."""
    counts = effects.counts()
    connection.execute(insert(batch_effects), {"group_id": group_id, "written_at": now, **counts})
    adding = dialect.insert(effect_totals)
    sums = {name: effect_totals.c[name] + adding.excluded[name] for name in COUNTS}
    connection.execute(
        adding.on_conflict_do_update(index_elements=list(effect_totals.primary_key.columns), set_=sums),
        [{"group_id": group_id, "topic": first.topic, "partition": first.partition, **counts}],
    )


def total(connection: Connection, group_id: str) -> Effects:
    """All batches of the group together."""
    sums = (func.coalesce(func.sum(effect_totals.c[name]), 0) for name in COUNTS)
    row = connection.execute(select(*sums).where(effect_totals.c.group_id == group_id)).one()
    return Effects(*map(int, row))


def prune(connection: Connection, before: datetime) -> int:
    """Forget the batches written before then; the totals stay. Returns how many they were."""
    return connection.execute(delete(batch_effects).where(batch_effects.c.written_at < before)).rowcount
