"""The store: what a consumer writes, and the row of each partition, which is the truth."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, Row

from consumer.adapters.sql import effect_rows, openings, partition_rows
from consumer.adapters.sql.batch import BatchTransaction
from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.merging.clustering import Clustering
from consumer.adapters.sql.merging.departures import Departures
from consumer.adapters.sql.partition_rows import Takeover, known
from consumer.adapters.sql.tables import kept_payloads
from consumer.effects import Effects, looked_up
from consumer.errors import Transient
from consumer.memory.merging.clusters import Rules
from consumer.ports import Clock, Settlement
from consumer.positions import OutOfRange, start
from consumer.records import Claim, Found, KeptPayload, Kind, Plan, Rejection, Tally, TopicPartition, Written
from consumer.verdicts import count_rejections, totals

log = structlog.get_logger(__name__)


class SqlStore:
    """`ports.Store` on PostgreSQL and SQLite. One connection, one thread."""

    def __init__(
        self,
        engine: Engine,
        group_id: str,
        clock: Clock,
        timeouts: Timeouts | None = None,
        out_of_range: OutOfRange = OutOfRange.STOP,
        rules: Rules | None = None,
        membership: type[Clustering | Departures] = Departures,
    ) -> None:
        """`out_of_range`: what a claim does where Kafka does not have the offset to read from. `rules`: of what is
        alike, whatever the mode: clusters that others made are kept true by them. `membership`: the mode: `Clustering`
        finds out what is alike; `Departures` tells memories apart by their ids only."""
        self._engine = engine
        self._group_id = group_id
        self._clock = clock
        self._out_of_range = out_of_range
        self._rules = rules or Rules()
        self._membership = membership
        self._dialect = dialect_of(engine.dialect.name, timeouts or Timeouts())

    def claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Claim]:
        """Take partitions over: of each a new epoch, from the position that `positions.start` decides."""
        now = self._clock.now()
        with self._transaction() as connection:
            rows = partition_rows.lock(connection, self._group_id, found.keys())
            takeovers = [self._takeover(source, rows.get(source), found[source]) for source in sorted(found)]
            partition_rows.take_over(connection, self._dialect, self._group_id, takeovers, now)
            partition_rows.audit(connection, self._group_id, [each for each in takeovers if each.is_move], now)
        for source, *_, begin in takeovers:
            if begin.is_loud:
                log.warning("position moved", partition=str(source), because=begin.because, skipped=begin.skipped)
        return {each.source: each.claim for each in takeovers}

    def _takeover(self, source: TopicPartition, row: Row[Any] | None, found: Found) -> Takeover:
        return Takeover(source, row, found.topic_id, start(source, known(row), found, self._out_of_range))

    def write(
        self, plan: Plan, suspects: Collection[UUID], claims: Mapping[TopicPartition, Claim], settlement: Settlement
    ) -> Written:
        """A batch in one transaction. See `batch` for the events, `partition_rows.fence` for what ends it."""
        now = self._clock.now()

        def bear(refused: Sequence[Rejection]) -> None:
            settlement.bear([*plan.rejections, *refused])

        with self._transaction(self._dialect.open_for_batch) as connection:
            clustering = self._membership(connection, self._dialect, self._rules, now)
            batch = BatchTransaction(connection, self._dialect, plan.arrivals, now, bear, clustering)
            verdicts = batch.run(suspects)
            rejections = [*plan.rejections, *verdicts.rejections]
            counts = verdicts.counts + count_rejections(rejections)
            if rejections:
                # The fence asks too, but only when the letters are sent.
                openings.require_closed(connection, self._group_id)
                self._keep(connection, settlement.send(rejections))
            records_read = Counter(record.source for record, _ in plan.arrivals)
            records_read.update(rejection.record.source for rejection in plan.rejections)
            partition_rows.count(connection, self._dialect, self._group_id, counts)
            tally, known = totals(counts), batch.known_before.keys()
            checks = looked_up(plan.event_ids(), set(suspects), known, verdicts.accepted)
            effects = _effects(clustering.effects, tally, checks)
            effect_rows.keep(connection, self._dialect, self._group_id, min(plan.next_offsets), effects, now)
            partition_rows.fence(connection, self._group_id, claims, plan.next_offsets, records_read, counts, now)
        return Written(
            plan.next_offsets,
            tally,
            [*verdicts.accepted, *known],
            effects,
            strange_keys=plan.strange_keys,
            ended=verdicts.ended,
        )

    def forget_obeyed(self, claims: Collection[Claim]) -> None:
        """The offsets without our stamp that were obeyed are not in Kafka any more."""
        with self._transaction() as connection:
            partition_rows.forget_obeyed(connection, self._group_id, claims)

    def positions(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
        """The rows as they stand."""
        with self._transaction(read_only=True) as connection:
            return partition_rows.read(connection, self._group_id, sources)

    def _keep(self, connection: Connection, payloads: Sequence[KeptPayload]) -> None:
        if not payloads:
            return
        rows = [
            {
                "payload_id": payload.id,
                "key": payload.record.key,
                "value": payload.record.value,
                "headers": [[name, None if value is None else value.hex()] for name, value in payload.record.headers],
                "kept_at": self._clock.now(),
            }
            for payload in payloads
        ]
        connection.execute(self._dialect.insert(kept_payloads).on_conflict_do_nothing(), rows)

    @contextmanager
    def _transaction(
        self, open_on: Callable[[Connection], None] | None = None, *, read_only: bool = False
    ) -> Iterator[Connection]:
        """A transaction with our timeouts. Commits unless something is raised; what is raised is one of ours."""
        engine = self._engine.execution_options(**{READ_ONLY: True}) if read_only else self._engine
        try:
            with translated(), engine.begin() as connection:
                (open_on or self._dialect.open)(connection)
                yield connection
        except Transient:
            # The connection may be half dead, or lead to a server that has stepped down: the next try gets a new one.
            self._engine.dispose()
            raise


def _effects(alike: Effects, tally: Tally, checks: tuple[int, int]) -> Effects:
    """What the batch came to, in all."""
    confirmed, false_alarms = checks
    return replace(
        alike,
        records=tally.total(),
        duplicates=sum(records for outcome, records in tally.items() if outcome.kind is Kind.DUPLICATE),
        confirmed=confirmed,
        false_alarms=false_alarms,
    )
