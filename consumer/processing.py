"""Events in, outcomes out, without Kafka: the same planning and the same transaction as the consumer's.

What is handed over counts as records of a partition of its own, whose row says how many there were and how they ended.
Positions in it mean nothing to anybody: what makes handing an event over again harmless is the ledger of event ids.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple, Self

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from consumer.errors import Fatal, Intolerable, OwnershipLost, Transient
from consumer.memory.field_errors import FieldError, FieldErrors
from consumer.memory.json_form import read_document
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import to_raw
from consumer.memory.validation import validate
from consumer.planning import Planner
from consumer.ports import Clock, Store
from consumer.records import (
    Batch,
    Claim,
    ClosedBy,
    Found,
    KeptPayload,
    Kind,
    Record,
    Rejection,
    TopicPartition,
)
from consumer.rejections import invalid_event
from consumer.tolerance import ErrorCount, Tolerance

HANDED_OVER = TopicPartition("handed-over", 0)
"""The partition under which they count."""

_ENDLESS = Found(None, None, 0, 1 << 62)
_TRIES = 20
_PAUSE = wait_random(max=0.02)
"""Between two tries, in seconds: so that two that take turns do not do so in step."""

Given = MemoryEvent | dict[str, Any]
"""An event, or one in the JSON form, parsed."""


class Ended(NamedTuple):
    """How an event ended. A dead-lettered one says why; its `errors` are those of single fields, all at once."""

    kind: Kind
    category: str
    message: str = ""
    advice: str = ""
    errors: tuple[FieldError, ...] = ()


class BadEvent(Fatal):
    """An event is bad, and none is borne (`continue_on_error` is off). What stands before it may be written.

    `place` is that of the event in what was handed over, from 0 on, and `event` how it would have ended. `ended`: how
    the events ended that were written, the first of all.
    """

    def __init__(self, place: int, event: Ended, ended: Sequence[Ended]) -> None:
        super().__init__(f"event {place} can't be processed: {event.message}", advice=event.advice)
        self.place = place
        self.event = event
        self.ended = list(ended)

    def behind(self, ended: Sequence[Ended]) -> Self:
        """The same, behind events that ended like this."""
        return type(self)(len(ended) + self.place, self.event, [*ended, *self.ended])


class Processor:
    """Call it with events. One thread at a time; several processors may share a database, under one name or several."""

    def __init__(
        self,
        store: Store,
        given: "GivenEvents",
        planner: Planner,
        clock: Clock,
        batch_size: int,
        tolerance: Tolerance | None = None,
    ) -> None:
        """`planner` decodes with `given`. `tolerance`: by default everything is borne."""
        self._store = store
        self._given = given
        self._planner = planner
        self._clock = clock
        self._batch_size = batch_size
        self._tolerance = tolerance or Tolerance()
        self._claims: dict[TopicPartition, Claim] = {}

    def __call__(self, events: Iterable[Given]) -> list[Ended]:
        """Process events in order, in batches of one transaction each. Returns how each ended, in the same order.

        A bad event ends as dead-lettered, and whoever called has it still; where none is borne, it raises `BadEvent`.
        Raises `Transient` or `Fatal` where the database can't be written; hand all of them over again then: those that
        were written are duplicates.
        """
        ended: list[Ended] = []
        for batch in _cut(events, self._batch_size):
            try:
                ended += self._process(batch)
            except BadEvent as bad:
                raise bad.behind(ended) from bad.__cause__
        return ended

    def _process(self, events: Sequence[Given]) -> list[Ended]:
        """One batch; where nothing bad is borne, what comes before the first bad event."""
        try:
            return self._insist(events)
        except Intolerable as verdict:
            place, bad = self._given.place_of(verdict.rejection.record), _dead_lettered(verdict.rejection)
            before = events[: len(verdict.before)]
            raise BadEvent(place, bad, self._process(before) if before else ()) from verdict

    def _insist(self, events: Sequence[Given]) -> list[Ended]:
        """Again where another processor of this name came in between."""
        retrying = Retrying(
            retry=retry_if_exception_type(OwnershipLost),
            wait=_PAUSE,
            stop=stop_after_attempt(_TRIES),
            reraise=True,
        )
        try:
            return retrying(self._try, events)
        except OwnershipLost as error:
            raise Transient("other processors of this name leave no room") from error

    def _try(self, events: Sequence[Given]) -> list[Ended]:
        claims = self._claims or self._store.claim({HANDED_OVER: _ENDLESS})
        self._claims = {}  # where this fails, it is not known how the row stands
        first = claims[HANDED_OVER].next_offset
        self._given.take(events, first)
        batch = _batch(first, len(events))
        plan = self._planner.plan(batch, self._clock.now())
        refused = _Refused(batch, self._tolerance)
        refused.bear(plan.rejections)
        written = self._store.write(plan, plan.event_ids(), claims, refused)
        self._claims = {HANDED_OVER: replace(claims[HANDED_OVER], next_offset=first + len(events))}
        ended = {plan.arrivals[place].record: Ended(*outcome) for place, (_, outcome) in written.ended.items()}
        ended |= {each.record: _dead_lettered(each) for each in refused.rejections}
        return [ended[record] for record in batch.records]


class GivenEvents:
    """Implements `ports.Decoder` for what was handed over last: a record says by its offset which it is."""

    def __init__(self) -> None:
        self._events: Sequence[Given] = ()
        self._first = 0

    def take(self, events: Sequence[Given], first: int) -> None:
        """Decode these from now on, the first of them at this offset."""
        self._events, self._first = events, first

    def place_of(self, record: Record) -> int:
        """Which of them the record is, from 0 on."""
        return record.offset - self._first

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        """The event, or all that is wrong with it."""
        checked = _checked(self._events[self.place_of(record)])
        return checked if isinstance(checked, MemoryEvent) else invalid_event(record, checked)


class _Refused:
    """A settlement by which dead letters go back to whoever called."""

    def __init__(self, batch: Batch, tolerance: Tolerance) -> None:
        self._batch = batch
        self._count = ErrorCount(tolerance)
        self.rejections: Sequence[Rejection] = ()

    def bear(self, rejections: Sequence[Rejection]) -> None:
        """Raises `Intolerable` where none is borne."""
        self._count.check(self._batch, rejections)

    def send(self, rejections: Sequence[Rejection]) -> list[KeptPayload]:
        self.bear(rejections)
        self.rejections = rejections
        return []


def _checked(given: Given) -> MemoryEvent | FieldErrors:
    return validate(to_raw(given)) if isinstance(given, MemoryEvent) else read_document(given)


def _batch(first: int, count: int) -> Batch:
    records = [Record(HANDED_OVER, first + place, None, None, (), -1) for place in range(count)]
    return Batch(records, ClosedBy.COUNT)


def _cut(events: Iterable[Given], size: int) -> Iterator[list[Given]]:
    rest = iter(events)
    while batch := list(islice(rest, size)):
        yield batch


def _dead_lettered(rejection: Rejection) -> Ended:
    return Ended(
        Kind.DEAD_LETTERED, rejection.category.value, rejection.message, rejection.advice, tuple(rejection.errors)
    )
