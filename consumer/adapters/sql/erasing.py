"""Memories erased, with every trace of them in the database.

What stays: a tombstone for each, so that an event of it that is read later finds it deleted; the ids of its events,
which hold no words; and that it was erased, when, and by whom.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    null,
    or_,
    select,
)

from consumer.adapters.sql.dialects import Timeouts, dialect_of, remove
from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.merging.changes import change_clusters
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.tables import (
    erasures,
    kept_payloads,
    members,
    memories,
    merge_history,
    merged_memories,
    reviews,
    similarity_keys,
)
from consumer.erasure import Kind, Search, Subject
from consumer.errors import Transient
from consumer.memory.merging.blocking import keys_of
from consumer.memory.merging.clusters import Rules
from consumer.memory.model import MemoryEvent
from consumer.moves import Author
from consumer.records import Record, TopicPartition

PAGE = 20
"""Payloads that are held at once: each may have megabytes."""

TIMEOUTS = Timeouts(statement=600.0)
"""An owner's memories may be many, and they go in one transaction."""


@dataclass(slots=True, frozen=True)
class Traces:
    """What there is of a subject: its memories that are not deleted yet, how many rows of which table tell of it, and
    the payloads among them."""

    memory_ids: Sequence[str]
    rows: Mapping[str, int]
    payloads: Sequence[str]


class Erasing:
    """Finds what there is of a memory or an owner, and erases it, whether consumers run or not."""

    def __init__(self, engine: Engine, rules: Rules, decode: Callable[[Record], MemoryEvent | None]) -> None:
        """`decode`: the event in a record; None where there is none, or none that can be read."""
        self._engine = engine
        self._rules = rules
        self._decode = decode
        self._dialect = dialect_of(engine.dialect.name, TIMEOUTS)

    def find(self, subject: Subject) -> Traces:
        """What would be erased."""
        reading = self._engine.execution_options(**{READ_ONLY: True})
        with translated(), reading.begin() as connection:
            self._dialect.open(connection)
            memory_ids = list(connection.scalars(_living(subject)))
            rows = _count(connection, subject)
        payloads = list(self._payloads(Search(subject, {*memory_ids, *_named(subject)})))
        return Traces(memory_ids, {**rows, kept_payloads.name: len(payloads)}, payloads)

    def erase(self, subject: Subject, author: Author) -> Traces:
        """Erase it, in one transaction. Returns what was there.

        The words of a memory that others repeated pass to the next of them. Raises `Transient` where the memory came
        into being meanwhile, and nothing is erased; and where SQLite's file is in use, and still holds what was erased.
        """
        found = self.find(subject)
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            self._lock(connection, subject)
            rows = _count(connection, subject)
            found = Traces(list(connection.scalars(_living(subject))), {**found.rows, **rows}, found.payloads)
            if subject.kind is Kind.MEMORY:
                self._take_out(connection, subject.id, author)
            for table, condition in _told_in(subject):
                connection.execute(delete(table).where(condition))
            self._entomb(connection, subject, found.memory_ids, author)
            remove(self._dialect, connection, kept_payloads, [(each,) for each in found.payloads])
            connection.execute(insert(erasures).values(**_audit(subject, found, author)))
        self._dialect.scrub(self._engine)
        return found

    def _lock(self, connection: Connection, subject: Subject) -> None:
        """The owner first, then the rows in the order of their ids, as consumers do."""
        of_memory = select(memories.c.owner_id).where(memories.c.memory_id == subject.id)
        owner_id = subject.id if subject.kind is Kind.OWNER else connection.scalar(of_memory)
        if owner_id is not None:
            self._dialect.lock_owners(connection, [owner_id])
        living = connection.scalars(_living(subject).with_for_update()).all()
        if living and owner_id is None:
            raise _came_into_being(subject)

    def _take_out(self, connection: Connection, memory_id: str, author: Author) -> None:
        rows = ClusterRows(connection, self._dialect)
        change_clusters(rows, self._rules, author.now, [memory_id], lambda clusters: clusters.leave(memory_id))

    def _entomb(self, connection: Connection, subject: Subject, memory_ids: Sequence[str], author: Author) -> None:
        """Leave id and time. A memory that was never seen is deleted before its first event comes."""
        kept = {"occurred_at": author.now, "is_deleted": True, "written_at": author.now}
        nothing = {column.name: null() for column in memories.columns if column.name not in {"memory_id", *kept}}
        connection.execute(
            memories.update().where(memories.c.memory_id.in_(_living(subject))).values(**kept, **nothing)
        )
        if subject.kind is Kind.MEMORY and not memory_ids:
            new = self._dialect.insert(memories).values(memory_id=subject.id, **kept)
            connection.execute(new.on_conflict_do_nothing())
            if connection.scalar(_living(subject).with_for_update()) is not None:
                raise _came_into_being(subject)

    def _payloads(self, search: Search) -> Iterator[str]:
        """The ids of the payloads in which something is found."""
        reading = self._engine.execution_options(**{READ_ONLY: True})
        last = ""
        while True:
            page = select(kept_payloads).where(kept_payloads.c.payload_id > last).limit(PAGE)
            with translated(), reading.begin() as connection:
                rows = connection.execute(page.order_by(kept_payloads.c.payload_id)).all()
            for row in rows:
                record = _record(row)
                if search.finds(record, self._decode(record)):
                    yield row.payload_id
            if not rows:
                return
            last = rows[-1].payload_id


def _came_into_being(subject: Subject) -> Transient:
    return Transient(f"memory {subject.id} came into being meanwhile: nothing is erased")


def _living(subject: Subject) -> Select[str]:
    named = memories.c.memory_id if subject.kind is Kind.MEMORY else memories.c.owner_id
    chosen = select(memories.c.memory_id).where(named == subject.id, memories.c.is_deleted.is_(False))
    return chosen.order_by(memories.c.memory_id)


def _named(subject: Subject) -> list[str]:
    return [subject.id] if subject.kind is Kind.MEMORY else []


def _told_in(subject: Subject) -> list[tuple[Table, ColumnElement[bool]]]:
    """The rows that go, in an order in which they can be told. Clusters are of one owner; of a memory's cluster, what
    is left was folded anew."""
    if subject.kind is Kind.MEMORY:
        either = or_(reviews.c.memory_id == subject.id, reviews.c.other_memory_id == subject.id)
        return [(merge_history, merge_history.c.memory_id == subject.id), (reviews, either)]
    theirs = select(memories.c.memory_id).where(memories.c.owner_id == subject.id)
    clusters = select(members.c.cluster_id).where(members.c.memory_id.in_(theirs))
    key = similarity_keys.c.key
    return [
        (similarity_keys, and_(key.between(*keys_of(subject.id)), similarity_keys.c.cluster_id.in_(clusters))),
        # Of a memory that was deleted nobody knows any more whose it was, but of its cluster. With a cluster that is
        # gone whole its history went.
        (merge_history, merge_history.c.cluster_id.in_(clusters)),
        (reviews, reviews.c.owner_id == subject.id),
        (merged_memories, merged_memories.c.owner_id == subject.id),
        (members, members.c.memory_id.in_(theirs)),
    ]


def _shown_in(subject: Subject) -> list[tuple[Table, ColumnElement[bool]]]:
    """The rows in which a person sees something of the subject."""
    if subject.kind is Kind.OWNER:
        return [each for each in _told_in(subject) if each[0] is not similarity_keys]
    cluster = select(members.c.cluster_id).where(members.c.memory_id == subject.id)
    return [
        (members, members.c.memory_id == subject.id),
        (merged_memories, merged_memories.c.cluster_id.in_(cluster)),
        *_told_in(subject),
    ]


def _count(connection: Connection, subject: Subject) -> dict[str, int]:
    counts = {memories.name: select(func.count()).select_from(_living(subject).order_by(None).subquery())}
    for table, condition in _shown_in(subject):
        counts[table.name] = select(func.count()).select_from(table).where(condition)
    return {name: connection.scalar(counted) or 0 for name, counted in counts.items()}


def _audit(subject: Subject, found: Traces, author: Author) -> dict[str, Any]:
    return {
        "erased_at": author.now,
        "erased_by": author.name,
        "kind": subject.kind.value,
        "subject": subject.audited(),
        "removed": dict(found.rows),
    }


def _record(row: Row[Any]) -> Record:
    """The record as it was read, as far as it was kept. See `KeptPayload.id`."""
    topic, partition, offset, _ = row.payload_id.rsplit("-", 3)
    headers = [(name, None if value is None else bytes.fromhex(value)) for name, value in row.headers]
    return Record(TopicPartition(topic, int(partition)), int(offset), row.key, row.value, headers, -1)
