"""The breaker: when more data are bad than is borne, the group stands still until a person says to go on.

Closed, it costs nothing: a batch is judged before it is settled, and the fence of every member's transaction asks the
row. Open, nothing is claimed: no record is read, nothing is sent or written, and the partitions stay ours, paused. The
opening is a row in the database, so that it outlives this process and holds for all members of the group. `resume`
closes it, or a start under another tolerance.
"""

from collections.abc import Collection, Sequence

import structlog

from consumer.errors import BreakerOpen, Transient
from consumer.policy import Availability, Recovery
from consumer.ports import Clock, DeadLetters, Openings
from consumer.records import BY_CONFIGURATION, Batch, KeptPayload, Rejection, TopicPartition
from consumer.tolerance import ErrorCount, Tolerance

log = structlog.get_logger(__name__)

ADVICE = "See what fails: mend it, or pass over it (offsets skip). Then: memory-consumer resume"

LOOK_SECONDS = 5.0
"""How often it is looked whether another member opened the breaker. The fence asks too, but only of who writes."""

LOOK_OPEN_SECONDS = 1.0
"""How often an open breaker is looked at."""


class Breaker:
    """Judges batches, and knows whether the group may go on. One thread."""

    def __init__(self, tolerance: Tolerance, openings: Openings, clock: Clock) -> None:
        self._tolerance = str(tolerance)
        self._count = ErrorCount(tolerance)
        self._openings = openings
        self._clock = clock
        self._why: str | None = None
        self._is_recorded = False
        self._looking = Availability(Recovery(first=1.0, longest=10.0))
        self._look_at = 0.0
        self._tried: Settlement | None = None

    @property
    def trouble(self) -> str | None:
        """Why nothing is read; None while the breaker is closed."""
        return self._why and f"the breaker is open: {self._why}"

    def adopt(self) -> None:
        """Take over what an earlier consumer left: an open breaker, unless the tolerance is another by now.

        Raises `Transient`.
        """
        found = self._openings.current()
        if found is None:
            if self._openings.is_pardoned():
                self._count.pardon()
            return
        if found.tolerance != self._tolerance:
            self._openings.close(BY_CONFIGURATION)
            log.warning("breaker closed: the tolerance is another now", before=found.tolerance, now=self._tolerance)
            return
        self.opened(BreakerOpen(found.why, is_recorded=True))

    def check(self, batch: Batch, rejections: Sequence[Rejection]) -> None:
        """Judge a batch. Raises `Intolerable` or `BreakerOpen` before anything of it is sent or committed."""
        self._count.check(batch, rejections)

    def tries(self, settlement: "Settlement") -> None:
        """A batch is being tried."""
        self._tried = settlement

    def committed(self, settlement: "Settlement") -> None:
        """The batch is committed, with what was settled of it dead-lettered."""
        self._tried = None
        was_pardoned = self._count.is_pardoned
        self._count.committed(settlement.batch, settlement.rejections)
        if was_pardoned and not self._count.is_pardoned:
            self._spend()

    def happened(self, claims: Collection[TopicPartition]) -> None:
        """What was tried last had been committed after all, as far as these partitions go."""
        if self._tried is not None and not self._tried.batch.next_offsets().keys().isdisjoint(claims):
            self.committed(self._tried)

    def opened(self, opened: BreakerOpen) -> None:
        """Stand still from now on."""
        self._why, self._is_recorded = str(opened), opened.is_recorded
        self._look_at = 0.0
        self._tried = None
        log.error("breaker open: nothing is read", reason=self._why, advice=ADVICE)

    def lets_pass(self) -> bool:
        """Whether to go on. Looks now and then whether somebody opened or closed it. Never raises `Transient`."""
        now = self._clock.monotonic()
        if now >= self._look_at and self._looking.may_ask(now):
            self._look_at = now + (LOOK_SECONDS if self._why is None else LOOK_OPEN_SECONDS)
            try:
                self._look()
                self._looking.worked()
            except Transient as error:
                self._looking.failed(str(error), now)
        return self._why is None

    def _look(self) -> None:
        if self._why is None:
            if found := self._openings.current():
                self.opened(BreakerOpen(found.why, is_recorded=True))
        elif not self._is_recorded:
            self._openings.open(self._why or "", self._tolerance)
            self._is_recorded = True
        elif self._openings.current() is None:
            log.warning("breaker closed: going on")
            self._why = None
            self._count.pardon()

    def _spend(self) -> None:
        try:
            self._openings.spend()
        except Transient as error:
            log.warning("not noted that the batch passed: the next start lets one more pass", reason=str(error))


class Settlement:
    """`ports.Settlement` of one try at a batch: the verdict first, then the letters."""

    def __init__(self, batch: Batch, breaker: Breaker, dead_letters: DeadLetters) -> None:
        self.batch = batch
        self.rejections: Sequence[Rejection] = ()
        """What was settled."""
        self._breaker = breaker
        self._dead_letters = dead_letters
        breaker.tries(self)

    def bear(self, rejections: Sequence[Rejection]) -> None:
        """Judge what is known so far."""
        self._breaker.check(self.batch, rejections)

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        """Judge, and send a letter each."""
        self.bear(rejections)
        self.rejections = rejections
        return self._dead_letters.send(rejections)
