"""The loop. What it guarantees can be read off `_process`:

every record read ends as exactly one of stored, merged, duplicate, dead-lettered, counted once, in the same SQL
transaction that makes it so; Kafka's offset follows. See docs/delivery.md for what happens when it is cut anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import structlog

from consumer.errors import Abandoned, OwnershipLost, Transient
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.policy import Backoff, Tolerance
from consumer.ports import Clock, DeadLetters, Observer, SeenFilter, Source, Store
from consumer.records import Batch, KeptPayload, Rejection
from consumer.stopping import Bounds
from consumer.telemetry.tracing import commit_span, poll_span, process_span, step

log = structlog.get_logger(__name__)


@dataclass(slots=True, frozen=True)
class Worker:
    """One consumer of a group: one thread, one database connection."""

    source: Source
    ownership: Ownership
    planner: Planner
    seen: SeenFilter
    store: Store
    dead_letters: DeadLetters
    clock: Clock
    bounds: Bounds
    observer: Observer
    tolerance: Tolerance = Tolerance()
    backoff: Backoff = Backoff()

    def run(self) -> None:
        """Consume until told to stop. Leaves the group on the way out, whatever the reason.

        Raises `Fatal` where no waiting helps. What was not committed is read again by whoever comes next.
        """
        try:
            while self.bounds.go_on():
                self.ownership.keep_up()
                if batch := self._poll():
                    self._handle(batch)
                self.bounds.turned(has_partitions=bool(self.ownership.claims))
        except Abandoned as left:
            log.warning("stopped with a batch in hand, uncommitted: it will be read again", reason=str(left))
        finally:
            self.source.close()

    def _poll(self) -> Batch | None:
        with poll_span() as span:
            return span.of(self.source.poll(self.bounds.limits()))

    def _handle(self, batch: Batch) -> None:
        """Do the batch, however often it takes. What others own by now is dropped, the rest is written."""
        for attempt in count(1):
            try:
                todo = self.ownership.still_to_do(batch)
                if todo:
                    self._process(todo)
                else:
                    self.source.commit(self.ownership.claims)
                return
            except OwnershipLost as lost:
                log.warning("records of lost partitions dropped", partitions=sorted(map(str, lost.partitions)))
                self.ownership.lose(lost.partitions)
            except Transient as trouble:
                self.ownership.doubt()
                self._wait_out(trouble, attempt)

    def _process(self, batch: Batch) -> None:
        """The guarantee, in order. Whatever is cut off below the write has happened; above it, has not."""
        started = self.clock.monotonic()
        with process_span(batch):
            with step("decode"):
                plan = self.planner.plan(batch, self.clock.now())
            with step("dedup"):
                suspects = self.seen.maybe(plan.event_ids())
            with step("write"):
                written = self.store.write(plan, suspects, self.ownership.claims, self._settle)
            self.ownership.advance(written.next_offsets)
            self.seen.add(written.event_ids)
            with commit_span(written.next_offsets):
                self.source.commit(self.ownership.claims)
        self.bounds.batch_done(len(batch))
        self.observer.batch_done(batch, written, self.clock.monotonic() - started)

    def _settle(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        """Called inside the transaction: the verdict first, so that nothing is sent that will not be committed."""
        self.tolerance.check(rejections)
        return self.dead_letters.send(rejections)

    def _wait_out(self, trouble: Transient, attempt: int) -> None:
        """Stay in the group, paused, until it is worth another try."""
        if self.bounds.out_of_patience():
            raise Abandoned(str(trouble))
        log.warning("waiting", reason=str(trouble), attempt=attempt)
        self.observer.waiting(str(trouble))
        self.source.hold(self.backoff.wait(attempt))
        self.ownership.note_changes()
