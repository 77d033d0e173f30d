"""Which partitions are ours, under which epoch, and up to where they are done.

A partition goes through three states: *assigned* by the group (paused, not yet ours), *claimed* in the database (epoch
+ 1: whoever had it can write no more), *started* at the position that the claim returned. Rebalance callbacks only
note what changed; everything here happens in the loop.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import structlog

from consumer.errors import Transient
from consumer.policy import Availability, Recovery
from consumer.ports import Assignment, Clock, Store
from consumer.records import Batch, Claim, Found, TopicPartition, at_or_above

log = structlog.get_logger(__name__)

SETTLING_SECONDS = 10.0
"""How long the group gets to tell us that a partition went to somebody else before we claim it back: more than three
heartbeats (heartbeat.interval.ms is 3 s), or two owners would take it from one another in turns."""

CLAIMED_AT_ONCE = 100
"""Partitions in one transaction: enough to be worth a round trip, few enough that nobody waits long for its locks."""


class Ownership:
    """Claims partitions as the group assigns them, and knows the next offset of each."""

    def __init__(self, assignment: Assignment, store: Store, clock: Clock) -> None:
        self._assignment = assignment
        self._store = store
        self._clock = clock
        self._claims: dict[TopicPartition, Claim] = {}
        self._unclaimed: dict[TopicPartition, float] = {}
        self._is_doubtful = False
        self._claiming = Availability(Recovery(first=0.5, longest=10.0))

    @property
    def claims(self) -> Mapping[TopicPartition, Claim]:
        """Our titles, by partition."""
        return self._claims

    @property
    def is_claiming(self) -> bool:
        """Whether partitions that are assigned to us are still to be claimed."""
        return bool(self._unclaimed)

    @property
    def trouble(self) -> str | None:
        """Why partitions that are assigned to us can't be claimed; None when all are."""
        return self._claiming.trouble

    def keep_up(self) -> None:
        """Take note of what rebalances changed, and claim what is new. What can't be claimed yet stays paused."""
        self.note_changes()
        now = self._clock.monotonic()
        due = sorted(source for source, at in self._unclaimed.items() if at <= now)
        if due and self._claiming.may_ask(now):
            self._claim_all(due, now)

    def note_changes(self) -> None:
        """Give up what is gone; line up for a claim what is new. No I/O."""
        changes = self._assignment.changes()
        for source in changes.gone:
            self._claims.pop(source, None)
            self._unclaimed.pop(source, None)
        for source in changes.assigned:
            self._claims.pop(source, None)
            self._unclaimed[source] = self._clock.monotonic()

    def put_down(self) -> None:
        """Give up every claim: nothing more is read, and the next `keep_up` claims anew what is assigned to us."""
        for source in list(self._claims):
            self._give_back(source)

    def lose(self, lost: Collection[TopicPartition]) -> None:
        """The database says that others own these. Unless the group tells us so too before long, claim them again."""
        for source in lost:
            self._give_back(source, SETTLING_SECONDS)

    def advance(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Note positions whose transaction is committed."""
        for source, next_offset in next_offsets.items():
            self._claims[source] = replace(self._claims[source], next_offset=next_offset)

    def doubt(self) -> None:
        """It is not known what became of a transaction: look at the rows before anything else is done."""
        self._is_doubtful = True

    def still_to_do(self, batch: Batch) -> Batch:
        """The records of the batch that are ours and not yet counted. Raises `Transient` while that can't be known."""
        if self._is_doubtful:
            self._look_again()
        positions = {source: claim.next_offset for source, claim in self._claims.items()}
        return Batch(at_or_above(batch.records, positions), batch.closed_by)

    def _look_again(self) -> None:
        rows = self._store.positions(self._claims.keys())
        self.lose([source for source, ours in self._claims.items() if not _is_same_title(rows.get(source), ours)])
        for source in [source for source, ours in self._claims.items() if rows[source].next_offset < ours.next_offset]:
            self._go_back(source, rows[source])
        self._claims = {source: rows[source] for source in self._claims}
        self._is_doubtful = False

    def _go_back(self, source: TopicPartition, row: Claim) -> None:
        """The database lost commits (a fail-over, a restore): what it lost is read again, from where it stands now."""
        log.warning(
            "the database went back: reading again",
            partition=str(source),
            from_offset=self._claims[source].next_offset,
            to_offset=row.next_offset,
        )
        self._give_back(source)

    def _give_back(self, source: TopicPartition, seconds: float = 0.0) -> None:
        """Our title to the partition is gone: stop reading it, and line it up to be claimed after so many seconds."""
        self._assignment.stop(source)
        self._claims.pop(source, None)
        self._unclaimed[source] = self._clock.monotonic() + seconds

    def _claim_all(self, due: Sequence[TopicPartition], now: float) -> None:
        try:
            answers = self._assignment.look_up(due)
            found = [(source, answer) for source, answer in answers.items() if isinstance(answer, Found)]
            for first in range(0, len(found), CLAIMED_AT_ONCE):
                self._claim(dict(found[first : first + CLAIMED_AT_ONCE]), now)
        except Transient as error:
            self._put_off(due, str(error), now)
            return
        # Last, because what worked says that all is well.
        for source, answer in answers.items():
            if isinstance(answer, Transient):
                self._put_off([source], str(answer), now)

    def _claim(self, found: Mapping[TopicPartition, Found], now: float) -> None:
        claims = self._store.claim(found)
        self._claiming.worked()
        for source, claim in claims.items():
            try:
                self._assignment.start(source, claim.next_offset)
            except Transient as error:
                self._put_off([source], str(error), now)
                continue
            self._claims[source] = claim
            del self._unclaimed[source]
            log.info("partition claimed", partition=str(source), epoch=claim.epoch, next_offset=claim.next_offset)

    def _put_off(self, sources: Sequence[TopicPartition], why: str, now: float) -> None:
        if self._claiming.failed(why, now):
            waiting = [str(source) for source in sources if source in self._unclaimed]
            log.warning("partitions not claimed yet", partitions=waiting, waiting_for=why)


def _is_same_title(row: Claim | None, ours: Claim) -> bool:
    return row is not None and row.epoch == ours.epoch
