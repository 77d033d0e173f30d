"""Events in, outcomes out, without Kafka: the same planning and the same transaction as the consumer's.

What is handed over counts as records of a partition of its own, whose row says how many there were and how they ended.
Positions in it mean nothing to anybody: what makes handing an event over again harmless is the ledger of event ids.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from consumer.errors import OwnershipLost, Transient
from consumer.memory.field_errors import FieldErrors
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
    FieldError,
    Found,
    KeptPayload,
    Kind,
    Record,
    Rejection,
    TopicPartition,
)
from consumer.rejections import invalid_event

HANDED_OVER = TopicPartition("handed-over", 0)
"""The partition under which they count."""

_ENDLESS = Found(None, None, 0, 1 << 62)
_TRIES = 20

Given = MemoryEvent | dict[str, Any]
"""An event, or one in the JSON form, parsed."""


class Ended(NamedTuple):
    """How an event ended. A dead-lettered one says why; its `errors` are those of single fields, all at once."""

    kind: Kind
    category: str
    message: str = ""
    advice: str = ""
    errors: tuple[FieldError, ...] = ()


class Processor:
    """Call it with events. One thread at a time; several processors may share a database, under one name or several."""

    def __init__(self, store: Store, given: "GivenEvents", planner: Planner, clock: Clock, batch_size: int) -> None:
        """`planner` decodes with `given`."""
        self._store = store
        self._given = given
        self._planner = planner
        self._clock = clock
        self._batch_size = batch_size
        self._claims: dict[TopicPartition, Claim] = {}

    def __call__(self, events: Iterable[Given]) -> list[Ended]:
        """Process events in order, in batches of one transaction each. Returns how each ended, in the same order.

        Bad data never raises: it ends as dead-lettered, and whoever called has it still. Raises `Transient` or `Fatal`
        where the database can't be written; hand all of them over again then: those that were written are duplicates.
        """
        return [ended for batch in _cut(events, self._batch_size) for ended in self._process(batch)]

    def _process(self, events: Sequence[Given]) -> list[Ended]:
        """One batch; again where another processor of this name came in between."""
        retrying = Retrying(retry=retry_if_exception_type(OwnershipLost), stop=stop_after_attempt(_TRIES))
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
        refused = _Refused()
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

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        """The event, or all that is wrong with it."""
        checked = _checked(self._events[record.offset - self._first])
        return checked if isinstance(checked, MemoryEvent) else invalid_event(record, checked)


class _Refused:
    """A settlement that bears everything: dead letters go back to whoever called."""

    def __init__(self) -> None:
        self.rejections: Sequence[Rejection] = ()

    def bear(self, rejections: Sequence[Rejection]) -> None:
        """However many there are."""

    def send(self, rejections: Sequence[Rejection]) -> list[KeptPayload]:
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
