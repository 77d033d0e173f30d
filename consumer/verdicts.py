"""How each event of a batch ends, given what the database knows. Pure.

Events are decided one after the other in the order in which they were read, each as if it had come alone; only the
last state of a memory is then written.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from consumer.memory.field_errors import FieldError, quoted
from consumer.memory.ordering import APPLIED, State, Verdict, after, decide
from consumer.records import (
    CREATED,
    DELETED,
    OVERTAKEN,
    SAME_EVENT,
    UPDATED,
    Arrival,
    Category,
    Kind,
    Outcome,
    Rejection,
    Stage,
    TopicPartition,
)

OUTCOMES = {
    Verdict.CREATED: CREATED,
    Verdict.UPDATED: UPDATED,
    Verdict.DELETED: DELETED,
    Verdict.OVERTAKEN: OVERTAKEN,
}


@dataclass(slots=True)
class Knowledge:
    """What is known of the batch's events so far. It only grows, so that deciding again comes to an end.

    `ledger`: of event ids that the database has, their memory. `states`: of memories that it has, their state.
    `refused`: arrivals, by their place in the batch, whose rows it would not take.
    """

    ledger: dict[UUID, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    refused: dict[int, Rejection] = field(default_factory=dict)


class Counted(NamedTuple):
    """The key of a count: which partition, how its records ended."""

    source: TopicPartition
    outcome: Outcome


@dataclass(slots=True)
class Verdicts:
    """How the arrivals of a batch end. Places are those in the batch's list of arrivals.

    `ended`: how each ends that is not rejected. `applied`: those that changed their memory, in order. `accepted`: event
    id → place, to be entered in the ledger. `states`: those that the memories have then. `creates` and `updates`: the
    places whose rows are to be written, for memories that are not in the database yet and for those that are.
    """

    ended: dict[int, Counted] = field(default_factory=dict)
    applied: list[tuple[int, Verdict]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    accepted: dict[UUID, int] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    creates: list[int] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)

    @property
    def counts(self) -> Counter[Counted]:
        """How many end how."""
        return Counter(self.ended.values())

    def add(self, later: "Verdicts") -> None:
        """Count in what was decided behind these."""
        self.ended |= later.ended
        self.applied += later.applied
        self.rejections += later.rejections
        self.accepted |= later.accepted
        self.states |= later.states
        self.creates += later.creates
        self.updates += later.updates


class Deciding:
    """Decides a batch run by run, in order. What became of one run is known to the next; the caller's knowledge stays.

    `verdicts` are those of all runs that were kept.
    """

    def __init__(self, arrivals: Sequence[Arrival], known: Knowledge) -> None:
        self._arrivals = arrivals
        self._known = Knowledge(dict(known.ledger), dict(known.states), known.refused)
        self.verdicts = Verdicts()

    def decide(self, places: Sequence[int]) -> Verdicts:
        """How the arrivals at these places end, if nothing comes in between."""
        return decide_batch(self._arrivals, self._known, places)

    def keep(self, decided: Verdicts) -> None:
        """They did."""
        for event_id, place in decided.accepted.items():
            self._known.ledger[event_id] = self._arrivals[place].event.memory_id
        self._known.states |= decided.states
        self.verdicts.add(decided)


def decide_batch(arrivals: Sequence[Arrival], known: Knowledge, places: Sequence[int] | None = None) -> Verdicts:
    """Decide the arrivals at these places, by default all."""
    verdicts = Verdicts()
    winners: dict[str, int] = {}
    for place in range(len(arrivals)) if places is None else places:
        record, event = arrivals[place]
        first_for = known.ledger.get(event.event_id)
        if first_for is None and event.event_id in verdicts.accepted:
            first_for = arrivals[verdicts.accepted[event.event_id]].event.memory_id
        if first_for == event.memory_id:
            verdicts.ended[place] = Counted(record.source, SAME_EVENT)
            continue
        rejection = known.refused.get(place) if first_for is None else _id_reused(arrivals[place], first_for)
        if rejection is None:
            verdict = decide(verdicts.states.get(event.memory_id) or known.states.get(event.memory_id), event)
            if verdict is not Verdict.OWNER_CHANGED:
                verdicts.accepted[event.event_id] = place
                verdicts.ended[place] = Counted(record.source, OUTCOMES[verdict])
                if verdict in APPLIED:
                    verdicts.applied.append((place, verdict))
                    verdicts.states[event.memory_id] = after(event)
                    winners[event.memory_id] = place
                continue
            rejection = _owner_changed(arrivals[place])
        verdicts.rejections.append(rejection)
    for memory_id, place in winners.items():
        (verdicts.updates if memory_id in known.states else verdicts.creates).append(place)
    return verdicts


def count_rejections(rejections: Iterable[Rejection]) -> Counter[Counted]:
    """Rejections by partition and category."""
    return Counter(Counted(each.record.source, Outcome(Kind.DEAD_LETTERED, each.category)) for each in rejections)


def totals(counts: Mapping[Counted, int]) -> Counter[Outcome]:
    """The counts of all partitions together."""
    total: Counter[Outcome] = Counter()
    for counted, records in counts.items():
        total[counted.outcome] += records
    return total


def database_refused(arrival: Arrival, message: str, exception_class: str) -> Rejection:
    """The database would not have the row, whatever came before it."""
    return Rejection(
        arrival.record,
        Category.DATABASE,
        "row_refused",
        f"the database refused the row: {message}",
        "Mend the event so that the database takes it, publish it anew, and purge this letter.",
        Stage.TASK_PUT,
        exception_class=exception_class,
    )


def _id_reused(arrival: Arrival, first_for: str) -> Rejection:
    event = arrival.event
    advice = "Give every event an id of its own: a fresh UUID each time something happens."
    error = FieldError(
        "event_id",
        "was used before, for another memory",
        str(event.event_id),
        f"an id that is not yet taken by memory {quoted(first_for)}",
        "event_id_reused",
        advice,
    )
    first, now = quoted(first_for), quoted(event.memory_id)
    message = f"event id {event.event_id} belongs to an event of memory {first}, not {now}"
    return Rejection(
        arrival.record, Category.DEDUPLICATION, error.code, message, advice, Stage.TASK_PUT, errors=(error,)
    )


def _owner_changed(arrival: Arrival) -> Rejection:
    memory = arrival.event.memory
    advice = "A memory keeps its owner. Publish it under a memory_id of its own, or mend owner_id."
    error = FieldError(
        "memory.owner_id",
        "differs from the owner that the memory has",
        quoted(memory.owner_id) if memory else "",
        "the owner under which the memory was created",
        "owner_changed",
        advice,
    )
    message = f"memory {quoted(arrival.event.memory_id)} belongs to another owner"
    return Rejection(arrival.record, Category.VALIDATION, error.code, message, advice, Stage.TASK_PUT, errors=(error,))
