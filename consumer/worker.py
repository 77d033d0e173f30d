"""The loop. What it guarantees can be read off `_process`:

every record read ends as exactly one of stored, merged, duplicate, dead-lettered, counted once, in the same SQL
transaction that makes it so; Kafka's offset follows. See docs/delivery.md for what happens when it is cut anywhere.
"""

from dataclasses import dataclass

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential
from tenacity import RetryError as GivenUp

from consumer.batching import Portion
from consumer.breaker import ADVICE, Breaker, Settlement
from consumer.errors import Abandoned, BreakerOpen, Fatal, Intolerable, OwnershipLost, TookTooLong, Transient
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.ports import Clock, DeadLetters, Observer, SeenFilter, Source, Store
from consumer.records import Batch
from consumer.stopping import Bounds
from consumer.telemetry.tracing import commit_span, poll_span, process_span, step

log = structlog.get_logger(__name__)

BREATH_SECONDS = 0.1


@dataclass(slots=True, frozen=True)
class Worker:
    """One consumer of a group. All of it runs in the thread that calls `run`."""

    source: Source
    ownership: Ownership
    planner: Planner
    seen: SeenFilter
    store: Store
    dead_letters: DeadLetters
    clock: Clock
    bounds: Bounds
    observer: Observer
    breaker: Breaker

    def run(self) -> None:
        """Consume until told to stop. Leaves the group on the way out, whatever the reason.

        Raises `Fatal` where no waiting helps. What was not committed is read again by whoever comes next.
        """
        try:
            while self.bounds.go_on():
                self._keep_up()
                if batch := self._poll():
                    self._handle(batch)
                self.bounds.turned(has_partitions=bool(self.ownership.claims), is_busy=self._is_busy)
                self.observer.turned()
        except Abandoned as left:
            log.warning("stopped with a batch in hand, uncommitted: it will be read again", reason=str(left))
        finally:
            self.source.close()

    @property
    def _is_busy(self) -> bool:
        """Whether nothing came because it could not come, not because nothing is there."""
        return self.ownership.is_claiming or self.source.is_behind

    def _keep_up(self) -> None:
        """Claim what is ours, unless the breaker is open: then nothing is claimed, and so nothing comes."""
        if self.breaker.lets_pass():
            self.ownership.keep_up()
            return
        if self.bounds.are_set:
            raise Fatal(self.breaker.trouble or "", advice=ADVICE)
        self.ownership.note_changes()
        self.ownership.put_down()

    def _poll(self) -> Batch | None:
        with poll_span() as span:
            return span.of(self.source.poll(self.bounds.limits()))

    def _handle(self, batch: Batch) -> None:
        """Do the batch, however often it takes; between two tries, stay in the group. Raises `Abandoned`."""
        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            wait=wait_random_exponential(multiplier=0.5, max=10),
            stop=self._is_out_of_patience,
            sleep=self._wait,
            before_sleep=self._note_trouble,
            retry_error_cls=GivenUp,
        )
        try:
            retrying(self._try, batch, Portion())
        except GivenUp as given_up:
            raise Abandoned(str(given_up.last_attempt.exception())) from given_up
        except BreakerOpen as opened:
            self._stand_still(opened)
        else:
            self.bounds.batch_done(len(batch))

    def _try(self, batch: Batch, portion: Portion) -> None:
        """Do what is left of the batch. What others own by now is dropped, the rest is written: at once, or in portions
        where that took too long.

        Where no bad record is borne, that is what comes before the first one.
        """
        self.ownership.note_changes()
        while left := self.ownership.still_to_do(batch):
            todo = portion.of(left)
            try:
                self._process(todo)
            except TookTooLong:
                portion.took_too_long(todo)
                raise
            except OwnershipLost as lost:
                log.warning("records of lost partitions dropped", partitions=sorted(map(str, lost.partitions)))
                self.ownership.lose(lost.partitions)
            except (BreakerOpen, Intolerable) as verdict:
                if not self._are_all_ours(todo):
                    continue  # a verdict over records that others have done by now is none
                if isinstance(verdict, Intolerable) and verdict.before:
                    self._try(verdict.before, portion)
                raise
            else:
                if todo is left:
                    return
                self._take_breath()
        # Nothing is left: a try whose outcome was unknown had happened, and only its offsets are still to be committed.
        self.breaker.happened(self.ownership.claims)
        self.source.commit(self.ownership.claims)

    def _take_breath(self) -> None:
        """Between two portions: the group is to hear of us, and we of it. Raises `Abandoned`."""
        if self.bounds.out_of_patience():
            raise Abandoned("asked to stop, with a part of it done")
        self._wait(BREATH_SECONDS)
        self.ownership.note_changes()

    def _are_all_ours(self, records: Batch) -> bool:
        self.ownership.doubt()
        return len(self.ownership.still_to_do(records)) == len(records)

    def _process(self, batch: Batch) -> None:
        """The guarantee, in order. Whatever is cut off below the write has happened; above it, has not."""
        started, settlement = self.clock.monotonic(), Settlement(batch, self.breaker, self.dead_letters)
        with process_span(batch) as span:
            with step("decode"):
                plan = self.planner.plan(batch, self.clock.now())
                settlement.bear(plan.rejections)
            with step("dedup"):
                suspects = self.seen.maybe(plan.event_ids())
            with step("write"):
                written = span.of(self.store.write(plan, suspects, self.ownership.claims, settlement))
            self.ownership.advance(written.next_offsets)
            self.breaker.committed(settlement)
            self.seen.add(written.event_ids)
            with commit_span(written.next_offsets):
                self.source.commit(self.ownership.claims)
        self.observer.batch_done(batch, written, self.clock.monotonic() - started)

    def _stand_still(self, opened: BreakerOpen) -> None:
        """Nothing of the batch was written: it is given back with everything else, and read again later."""
        self.breaker.opened(opened)
        self.observer.waiting(str(opened))

    def _wait(self, seconds: float) -> None:
        self.source.hold(seconds, self.bounds.end_of_wait())

    def _note_trouble(self, state: RetryCallState) -> None:
        """A try failed: whether it was committed is not known, so the rows are to be looked at before the next."""
        self.ownership.doubt()
        reason = str(state.outcome.exception()) if state.outcome else ""
        log.warning("waiting", reason=reason, attempt=state.attempt_number, seconds=round(state.upcoming_sleep, 2))
        self.observer.waiting(reason)

    def _is_out_of_patience(self, _: RetryCallState) -> bool:
        return self.bounds.out_of_patience()
