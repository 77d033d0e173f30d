"""Which partitions are ours, under which epoch, and up to where they are done.

A partition goes through three states: *assigned* by the group (paused, not yet ours), *claimed* in the database (epoch
+ 1: whoever had it can write no more), *started* at the position that the claim returned. Rebalance callbacks only
note what changed; everything here happens in the loop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import structlog

from consumer.errors import Transient
from consumer.policy import Availability, Recovery
from consumer.ports import Assignment, Clock, Store
from consumer.positions import Fate, became_of
from consumer.records import Batch, Claim, Found, TopicPartition, at_or_above

log = structlog.get_logger(__name__)

SETTLING_SECONDS = 10.0
"""How long the group gets to tell us that a partition went to somebody else before we claim it back: more than three
heartbeats (heartbeat.interval.ms is 3 s), or two owners would take it from one another in turns."""

LOOK_AGAIN_SECONDS = 5.0
"""How often the rows are looked at. Only so does it become known of partitions without records that an operator moved
their position, that the database fell back, or that it is away."""

CLAIMED_AT_ONCE = 100
"""Partitions in one transaction: enough to be worth a round trip, few enough that nobody waits long for its locks."""

CLAIMING_SECONDS = 5.0
"""Past this no further claim is begun before the next poll: the group gives away what a silent member has."""


class Ownership:
    """Claims partitions as the group assigns them, and knows the next offset of each."""

    def __init__(self, assignment: Assignment, store: Store, clock: Clock) -> None:
        self._assignment = assignment
        self._store = store
        self._clock = clock
        self._claims: dict[TopicPartition, Claim] = {}
        self._unclaimed: dict[TopicPartition, float] = {}
        self._lost: set[TopicPartition] = set()
        self._stamped: set[TopicPartition] = set()
        self._is_doubtful = False
        self._looked_at = clock.monotonic()
        self._looking = Availability(Recovery(first=1.0, longest=10.0))
        self._claiming = Availability(Recovery(first=0.5, longest=10.0))
        self._put_off: set[TopicPartition] = set()

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
        """Why partitions can't be claimed, or the rows of those that are not be looked at; None when all is well."""
        return self._claiming.trouble or self._looking.trouble

    def keep_up(self) -> None:
        """Take note of what rebalances changed, and claim what is new. What can't be claimed yet stays paused.

        Now and then, look at the rows of what is claimed.
        """
        self.note_changes()
        now = self._clock.monotonic()
        is_time = self._is_doubtful or self._stamped or now - self._looked_at >= LOOK_AGAIN_SECONDS
        if is_time and self._looking.may_ask(now):
            self._look_around(now)
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
        self._stamped = (self._stamped | changes.stamped) & self._claims.keys()
        self._put_off &= self._unclaimed.keys()
        if not self._put_off:
            self._claiming.worked()  # what could not be claimed is not ours to claim any more

    def put_down(self) -> None:
        """Give up every claim: nothing more is read, and the next `keep_up` claims anew what is assigned to us."""
        for source in list(self._claims):
            self._give_back(source)

    def lose(self, lost: Iterable[TopicPartition]) -> None:
        """The database says that these are not ours any more: what became of them, the rows will tell."""
        self._lost.update(lost)
        self._is_doubtful = True

    def advance(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Note positions whose transaction is committed."""
        for source, next_offset in next_offsets.items():
            self._claims[source] = replace(self._claims[source], next_offset=next_offset)
        self._looking.worked()

    def doubt(self) -> None:
        """It is not known what became of a transaction: look at the rows before anything else is done."""
        self._is_doubtful = True

    def still_to_do(self, batch: Batch) -> Batch:
        """The records of the batch that are ours and not yet counted. Raises `Transient` while that can't be known."""
        if self._is_doubtful:
            self._look_again()
        positions = {source: claim.next_offset for source, claim in self._claims.items()}
        return Batch(at_or_above(batch.records, positions), batch.closed_by)

    def _look_around(self, now: float) -> None:
        try:
            self._look_again()
            self._forget_obeyed()
        except Transient as error:
            if self._looking.failed(str(error), now):
                log.warning("the rows of our partitions can't be looked at", waiting_for=str(error))

    def _look_again(self) -> None:
        rows = self._store.positions(self._claims.keys()) if self._claims else {}
        for source, ours in list(self._claims.items()):
            row = rows.get(source)
            fate = became_of(ours, row)
            if row is not None and fate is Fate.KEPT and source not in self._lost:
                self._claims[source] = row
            else:
                self._let_go(source, fate, row)
        self._lost.clear()
        self._is_doubtful = False
        self._looked_at = self._clock.monotonic()
        self._looking.worked()

    def _forget_obeyed(self) -> None:
        """What operators did before is history; the same once more would be news."""
        claims = [self._claims[source] for source in self._stamped if source in self._claims]
        if claims:
            self._store.forget_obeyed(claims)
        self._stamped.clear()

    def _let_go(self, source: TopicPartition, fate: Fate, row: Claim | None) -> None:
        """Claim it anew: at once, unless another consumer has it; then the group is given time to tell us so."""
        log.warning(
            _WHAT_BECAME[fate],
            partition=str(source),
            from_offset=self._claims[source].next_offset,
            to_offset=None if row is None else row.next_offset,
        )
        self._give_back(source, SETTLING_SECONDS if fate in (Fate.KEPT, Fate.TAKEN) else 0.0)

    def _give_back(self, source: TopicPartition, seconds: float = 0.0) -> None:
        """Our title to the partition is gone: stop reading it, and line it up to be claimed after so many seconds."""
        self._assignment.stop(source)
        self._claims.pop(source, None)
        self._lost.discard(source)
        self._unclaimed[source] = self._clock.monotonic() + seconds

    def _claim_all(self, due: Sequence[TopicPartition], now: float) -> None:
        """Claim as many as there is time for; the rest stays due."""
        failed: dict[TopicPartition, Transient] = {}
        for first in range(0, len(due), CLAIMED_AT_ONCE):
            failed |= self._claim_some(due[first : first + CLAIMED_AT_ONCE])
            if self._clock.monotonic() - now >= CLAIMING_SECONDS:
                break
        if failed:
            self._note_failure(failed, now)

    def _claim_some(self, due: Sequence[TopicPartition]) -> dict[TopicPartition, Transient]:
        """Returns those that were claimed in vain, and why."""
        try:
            # The rows first: an end of Kafka's below them is then no old news.
            reached = {source: row.next_offset for source, row in self._store.positions(due).items()}
            answers = self._assignment.look_up(due)
            found = {
                source: replace(answer, reached=reached.get(source, 0))
                for source, answer in answers.items()
                if isinstance(answer, Found)
            }
            failed = {source: answer for source, answer in answers.items() if isinstance(answer, Transient)}
            return failed | (self._claim(found) if found else {})
        except Transient as error:
            return {source: error for source in due if source in self._unclaimed}

    def _claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Transient]:
        """Returns those that were claimed in vain, because they could not be started, and why not."""
        claims, failed = self._store.claim(found), {}
        self._claiming.worked()
        for source, claim in claims.items():
            try:
                self._assignment.start(source, claim.next_offset)
            except Transient as error:
                failed[source] = error
                continue
            self._claims[source] = claim
            del self._unclaimed[source]
            log.info("partition claimed", partition=str(source), epoch=claim.epoch, next_offset=claim.next_offset)
        return failed

    def _note_failure(self, failed: Mapping[TopicPartition, Transient], now: float) -> None:
        """Ask again later. However many partitions there are, that was one failure."""
        self._put_off = set(failed)
        why = str(next(iter(failed.values())))
        if self._claiming.failed(why, now):
            log.warning("partitions not claimed yet", partitions=[str(source) for source in failed], waiting_for=why)


_WHAT_BECAME = {
    Fate.KEPT: "a write was refused: claiming the partition anew",
    Fate.WENT_BACK: "the database went back: reading again",
    Fate.MOVED_BY_HAND: "an operator moved the position: going on there",
    Fate.TAKEN: "another consumer has claimed the partition",
}
