"""One batch in one transaction: staged, decided, applied.

The order matters. Staging comes first, while nothing is locked: a process frozen in the middle of a COPY holds nobody
up. Owners are locked next, as far as clusters are touched; then memories, in the order of their ids, which are then
written; the ledger last. What the filter did not know the unique keys do: where they say otherwise, the transaction
goes back to its savepoint and decides anew, knowing more.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Column, Connection, Select, literal, select, update

from consumer.adapters.sql.attempts import Attempts, Surprised
from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.errors import is_key_taken, rows_refused
from consumer.adapters.sql.rows import row_of
from consumer.adapters.sql.tables import MEMORY_COLUMNS, event_ledger, memories, staged
from consumer.adapters.sql.types import Moment
from consumer.errors import Transient
from consumer.isolation import Refusal, RowRefused, apply_isolated
from consumer.memory.model import MemoryEvent
from consumer.memory.ordering import State, Verdict
from consumer.records import Arrival, Outcome, Rejection
from consumer.verdicts import Deciding, Knowledge, Verdicts, database_refused

Bear = Callable[[Sequence[Rejection]], None]
"""Called with all rows of the batch that the database has refused so far, as they become more; raises when they are too
many, and ends the transaction by it. A flood of bad rows need not be searched to its end."""


JUDGED_ONE_BY_ONE = 32
"""Up to so many refused rows the caller is asked after each; past that, now and then: judging takes time too."""


class Membership(Protocol):
    """What a batch changes about the clusters that memories are members of."""

    @property
    def is_needed(self) -> bool:
        """Whether the events of the batch can change anything about clusters."""

    def lock(self, events: Collection[MemoryEvent]) -> bool:
        """Have the owners to ourselves, as far as that is needed. Called once, before any row is locked. Returns
        whether any of the memories is there."""

    def prepare(self, events: Mapping[int, MemoryEvent], there: Mapping[str, State]) -> None:
        """Read what the events, by their places in the batch, may touch. `there`: those of the memories that exist;
        their rows are locked. Raises `Transient` where one of them has an owner who ought to be locked and is not."""

    def apply(self, applied: Sequence[tuple[int, MemoryEvent, Verdict]]) -> dict[int, Outcome]:
        """When the memories are written: what follows from the events that were applied, in order. Returns, by place,
        the records that end otherwise than they would without clusters."""


class BatchTransaction:
    """The part of the transaction that is about events; the caller owns the connection and commits."""

    def __init__(
        self,
        connection: Connection,
        dialect: SqlDialect,
        arrivals: Sequence[Arrival],
        now: datetime,
        bear: Bear = lambda _: None,
        clustering: Membership | None = None,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._arrivals = arrivals
        self._now = now
        self._bear = bear
        self._clustering = clustering
        self._known = Knowledge()
        self._staged = 0
        self._is_surprised = False

    def run(self, suspects: Collection[UUID]) -> Verdicts:
        """Apply the batch. Raises `Transient` or `Fatal`; a row that the database refuses is a rejection."""
        if not self._arrivals:
            return Verdicts()
        with rows_refused():
            self._known.ledger = self._look_up(suspects)
        self._stage()
        return self._apply_until_settled()

    @property
    def known_before(self) -> dict[UUID, str]:
        """The events of the batch that the ledger had already, as far as that was found out."""
        return self._known.ledger

    def _stage(self) -> None:
        """Copy every event that may be new. Those that can't even be copied are refused."""
        places = list(self._undecided())
        attempts = Attempts(self._connection, "staging")

        def stage(run: Sequence[int]) -> None:
            with attempts.one():
                self._dialect.stage(self._connection, [row_of(place, self._arrivals[place].event) for place in run])

        refused = apply_isolated(places, stage, lambda found: self._refuse(places[found[-1].row], found[-1]))
        self._staged = len(places) - len(refused)

    def _apply_until_settled(self) -> Verdicts:
        with rows_refused():
            # Owners come first, as everywhere: once, so that nobody waits for one with rows in hand. Of new memories
            # there is no row to be locked. One that comes meanwhile is a surprise like any other.
            events = self._undecided()
            are_there = self._clustering.lock(events.values()) if self._clustering else True
            self._look_around(events, are_there=are_there)
        attempts = Attempts(self._connection, "batch")
        while True:
            try:
                with attempts.one():
                    verdicts = self._write_memories()
                    self._find_what_is_alike(verdicts)
                    self._enter_in_ledger(verdicts.accepted)
                    if verdicts.rejections:
                        self._ask_about_the_rest(verdicts.accepted)
                    return verdicts
            except Surprised:
                self._learn()

    def _learn(self) -> None:
        """Look at everything again. Raises `Transient` where that tells nothing new: it would go on for ever."""
        known, states, was_surprised = len(self._known.ledger), self._known.states, self._is_surprised
        self._is_surprised = True
        with rows_refused():
            self._known.ledger.update(self._look_up({event.event_id for _, event in self._arrivals}))
            self._look_around(self._undecided(), are_there=True)
        if was_surprised and (len(self._known.ledger), self._known.states) == (known, states):
            raise Transient(
                "database: it takes a row, says nothing, and has it not",
                advice="Is there a trigger on the tables that drops rows? It should refuse them: RAISE EXCEPTION.",
            )

    def _look_around(self, events: Mapping[int, MemoryEvent], *, are_there: bool) -> None:
        """Lock the memories that the events are about, if any are there, and see how they stand."""
        self._known.states = self._lock_states({event.memory_id for event in events.values()}) if are_there else {}
        if self._clustering:
            self._clustering.prepare(events, self._known.states)

    def _undecided(self) -> dict[int, MemoryEvent]:
        """The events that may be new and were not refused, by their places in the batch."""
        return {
            place: event
            for place, (_, event) in enumerate(self._arrivals)
            if event.event_id not in self._known.ledger and place not in self._known.refused
        }

    def _find_what_is_alike(self, verdicts: Verdicts) -> None:
        if self._clustering and self._clustering.is_needed:
            applied = [(place, self._arrivals[place].event, verdict) for place, verdict in verdicts.applied]
            for place, outcome in self._clustering.apply(applied).items():
                verdicts.ended[place] = verdicts.ended[place]._replace(outcome=outcome)

    def _write_memories(self) -> Verdicts:
        """Decide the events and write the last state of each memory; where rows are refused, run by run."""
        deciding = Deciding(self._arrivals, self._known)
        attempts = Attempts(self._connection, "run")

        def write(places: Sequence[int]) -> None:
            decided = deciding.decide(places)
            if decided.creates or decided.updates:
                with attempts.one():
                    self._write_rows(decided.creates, decided.updates)
            deciding.keep(decided)

        def refuse(found: Sequence[Refusal]) -> None:
            place = found[-1].row
            self._refuse(place, found[-1])
            deciding.keep(deciding.decide([place]))

        apply_isolated(range(len(self._arrivals)), write, refuse)
        return deciding.verdicts

    def _write_rows(self, creates: Collection[int], updates: Collection[int]) -> None:
        if creates:
            self._insert(creates)
        if updates:
            self._update(updates)
        self._dialect.check_now(self._connection)

    def _insert(self, places: Collection[int]) -> None:
        names = ("memory_id", *MEMORY_COLUMNS)
        chosen = self._staged_at(places, *names).add_columns(literal(self._now, Moment))
        self._enter(memories.c.memory_id, [*names, "written_at"], chosen, len(places))

    def _update(self, places: Collection[int]) -> None:
        values = {name: staged.c[name] for name in MEMORY_COLUMNS}
        self._connection.execute(
            update(memories)
            .values(**values, written_at=literal(self._now, Moment))
            .where(memories.c.memory_id == staged.c.memory_id, self._dialect.among(staged.c.seq, places))
        )

    def _enter_in_ledger(self, accepted: dict[UUID, int]) -> None:
        """Enter the ids of all events that count. The unique key decides: one that is there is a surprise."""
        if not accepted:
            return
        names = ("event_id", "memory_id")
        chosen = self._staged_at(accepted.values(), *names).add_columns(literal(self._now, Moment))
        self._enter(event_ledger.c.event_id, [*names, "recorded_at"], chosen, len(accepted))

    def _ask_about_the_rest(self, accepted: Collection[UUID]) -> None:
        """What is rejected is entered nowhere, so no key tells whether it is known; the filter may have lost it."""
        ids = {event.event_id for _, event in self._arrivals}
        if self._look_up(ids - set(accepted) - self._known.ledger.keys()):
            raise Surprised

    def _enter(self, key: Column[Any], names: Sequence[str], chosen: Select[Any], many: int) -> None:
        """Insert so many rows in the order of their key. Raises `Surprised` where one is there.

        Asking for each whether it is there takes PostgreSQL half as long again as writing it. So that is left until
        some key was taken: it may be another one, which an operator has added, and then the row is refused.
        """
        statement = self._dialect.insert(key.table).from_select(names, chosen.order_by(staged.c[key.name]))
        if self._is_surprised:
            statement = statement.on_conflict_do_nothing(index_elements=[key])
        try:
            with rows_refused():
                written = self._connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
        except RowRefused as refused:
            if is_key_taken(refused) and not self._is_surprised:
                raise Surprised from refused
            raise
        if written != many:
            raise Surprised

    def _staged_at(self, places: Collection[int], *names: str) -> Select[tuple[object, ...]]:
        chosen = select(*(staged.c[name] for name in names))
        # Most batches are written whole, and a list of all places costs as much as the rest of the statement.
        return chosen if len(places) == self._staged else chosen.where(self._dialect.among(staged.c.seq, places))

    def _look_up(self, event_ids: Collection[UUID]) -> dict[UUID, str]:
        if not event_ids:
            return {}
        statement = select(event_ledger.c.event_id, event_ledger.c.memory_id)
        rows = self._connection.execute(statement.where(self._dialect.among(event_ledger.c.event_id, event_ids)))
        return {event_id: memory_id for event_id, memory_id in rows}

    def _lock_states(self, memory_ids: Collection[str]) -> dict[str, State]:
        if not memory_ids:
            return {}
        table = memories.c
        statement = (
            select(table.memory_id, table.owner_id, table.occurred_at, table.is_deleted)
            .where(self._dialect.among(table.memory_id, memory_ids))
            .order_by(table.memory_id)
            .with_for_update()
        )
        return {memory_id: State(*state) for memory_id, *state in self._connection.execute(statement)}

    def _refuse(self, place: int, refusal: Refusal) -> None:
        arrival = self._arrivals[place]
        self._known.refused[place] = database_refused(arrival, refusal.message, refusal.exception_class)
        refused = len(self._known.refused)
        if refused <= JUDGED_ONE_BY_ONE or refused % JUDGED_ONE_BY_ONE == 0:
            self._bear(list(self._known.refused.values()))
