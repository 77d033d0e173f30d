"""The tables of clusters: members, keys, merged memories, history, pairs for review. Statements only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    or_,
    select,
    update,
)

from consumer.adapters.sql.dialects import SqlDialect, remove
from consumer.adapters.sql.merging.refused_rows import writing
from consumer.adapters.sql.merging.values import doubt_row, joining_row, member_row, view_row
from consumer.adapters.sql.runs import in_runs
from consumer.adapters.sql.tables import (
    MEMORY_COLUMNS,
    members,
    memories,
    merge_history,
    merged_memories,
    reviews,
    similarity_keys,
)
from consumer.errors import Fatal
from consumer.memory.merging.doubts import ACCEPTED, Doubt, Pair, Side
from consumer.memory.merging.folding import View
from consumer.memory.merging.joining import Joining
from consumer.memory.merging.members import Member
from consumer.memory.merging.roster import Place
from consumer.memory.merging.similarity import Band
from consumer.memory.model import Memory

_MEMBER = members.c
_FIELDS = Memory.__slots__


class ClusterRows:
    """Reads and writes for one transaction, which the caller owns."""

    def __init__(self, connection: Connection, dialect: SqlDialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def owners_of(self, memory_ids: Collection[str]) -> set[str | None]:
        """The owners of memories that are there; None for those that are deleted."""
        statement = select(memories.c.owner_id).where(self._dialect.among(memories.c.memory_id, memory_ids)).distinct()
        return set(self._connection.scalars(statement))

    def owners_and_members(self, memory_ids: Collection[str]) -> set[tuple[str | None, bool]]:
        """The owners of memories that are there, and whether any of theirs is a member of a cluster."""
        statement = (
            select(memories.c.owner_id, _MEMBER.memory_id.is_not(None))
            .outerjoin(members, _MEMBER.memory_id == memories.c.memory_id)
            .where(self._dialect.among(memories.c.memory_id, memory_ids))
        )
        return {(owner_id, is_member) for owner_id, is_member in self._connection.execute(statement.distinct())}

    def clusters_of(self, memory_ids: Collection[str]) -> set[UUID]:
        """The clusters that these memories are members of."""
        statement = select(_MEMBER.cluster_id).where(self._dialect.among(_MEMBER.memory_id, memory_ids)).distinct()
        return set(self._connection.scalars(statement))

    def cluster_of_each(self, memory_ids: Collection[str]) -> dict[str, UUID]:
        """Of these memories those that are members, each with its cluster."""
        statement = select(_MEMBER.memory_id, _MEMBER.cluster_id)
        found = self._connection.execute(statement.where(self._dialect.among(_MEMBER.memory_id, memory_ids)))
        return {memory_id: cluster_id for memory_id, cluster_id in found}

    def under(self, keys: Collection[int], most: int) -> dict[int, set[UUID]]:
        """Which clusters stand under each key: those with the lowest ids, at most so many."""
        if not keys:
            return {}
        statement = self._dialect.first_of(similarity_keys.c.key, sorted(keys), similarity_keys.c.cluster_id, most)
        found: dict[int, set[UUID]] = {}
        for key, cluster_id in self._connection.execute(statement):
            found.setdefault(key, set()).add(cluster_id)
        return found

    def members(self, clusters: Collection[UUID], founders_of: Collection[UUID] = ()) -> "list[FoundMember]":
        """All members of clusters, and the founders of others."""
        wanted: list[ColumnElement[bool]] = []
        if clusters:
            wanted.append(self._dialect.among(_MEMBER.cluster_id, clusters))
        if founders_of:
            wanted.append(and_(_MEMBER.is_founder, self._dialect.among(_MEMBER.cluster_id, founders_of)))
        if not wanted:
            return []
        return self._found(_ORIGINALS.where(or_(*wanted)))

    def without_echoes(self, clusters: Collection[UUID]) -> "list[FoundMember]":
        """The members of clusters without echoes: who says the same as the oldest, but founds nothing and has no text.
        However many they are, nothing of them is seen."""
        if not clusters:
            return []
        return self._found(_TELLING.where(self._dialect.among(_MEMBER.cluster_id, clusters)))

    def named(self, memory_ids: Collection[str]) -> "list[FoundMember]":
        """The members with these ids."""
        return self._found(_ORIGINALS.where(_MEMBER.memory_id.in_(memory_ids)))

    def _found(self, chosen: Select[Any]) -> "list[FoundMember]":
        """Members with their text, which may be in the row of another that says the same, and so is in the cluster."""
        rows = self._connection.execute(chosen).all()
        texts = {(row.cluster_id, row.content_hash): row.content for row in rows if row.content is not None}
        if untold := {row.cluster_id for row in rows if (row.cluster_id, row.content_hash) not in texts}:
            told = _TEXTS.where(self._dialect.among(_MEMBER.cluster_id, untold))
            texts |= {(cluster_id, digest): text for cluster_id, digest, text in self._connection.execute(told)}
        if missing := next((row for row in rows if (row.cluster_id, row.content_hash) not in texts), None):
            raise _without_text(missing)
        return [_found_member(row, texts[row.cluster_id, row.content_hash]) for row in rows]

    def add_members(self, placed: Iterable[tuple[Member, Place]]) -> None:
        """Enter new members."""
        rows = [member_row(*each) for each in placed]
        with writing(members, "cluster", [row[1] for row in rows]):
            self._dialect.add(self._connection, members, rows)

    def put_members(self, placed: Iterable[tuple[Member, Place]]) -> None:
        """Members whose place or content is another now."""
        rows = [member_row(*each) for each in placed]
        with writing(members, "cluster", [row[1] for row in rows]):
            self._dialect.put(self._connection, members, rows)

    def remove_members(self, memory_ids: Iterable[str]) -> None:
        """They are members no more."""
        remove(self._dialect, self._connection, members, [(memory_id,) for memory_id in memory_ids])

    def standing(self, keys: Collection[int], clusters: Collection[UUID]) -> Iterable[tuple[int, UUID]]:
        """Which of these clusters stand under which of these keys."""
        key = similarity_keys.c
        among = self._dialect.among(key.key, keys), self._dialect.among(key.cluster_id, clusters)
        statement = select(key.key, key.cluster_id).where(*among)
        return [(each, cluster_id) for each, cluster_id in self._connection.execute(statement)]

    def add_keys(self, keys: Sequence[tuple[int, UUID]]) -> None:
        """Let new clusters be found under keys."""
        with writing(similarity_keys, "cluster", [cluster_id for _, cluster_id in keys]):
            self._dialect.add(self._connection, similarity_keys, sorted(keys))

    def put_keys(self, keys: Sequence[tuple[int, UUID]]) -> None:
        """Let clusters be found under keys, if they are not."""
        with writing(similarity_keys, "cluster", [cluster_id for _, cluster_id in keys]):
            self._dialect.put(self._connection, similarity_keys, keys)

    def remove_keys(self, keys: Sequence[tuple[int, UUID]]) -> None:
        """Let them be found under these no more."""
        remove(self._dialect, self._connection, similarity_keys, keys)

    def set_texts(self, texts: Mapping[str, str | None]) -> None:
        """Give members their text, or take it from those who say the same as another that has it."""
        its, text = memories.c.memory_id, memories.c.content
        with writing(memories, "memory", texts):
            for run in in_runs(sorted(texts.items())):
                self._dialect.for_each(
                    self._connection,
                    [its, text],
                    run,
                    lambda given: update(memories).where(its == given[its.name]).values({text: given[text.name]}),
                )

    def put_views(self, views: Mapping[UUID, View], now: datetime) -> None:
        """What a reader sees of clusters of several members."""
        with writing(merged_memories, "cluster", views):
            for run in in_runs(view_row(*each, now) for each in sorted(views.items())):
                self._dialect.put(self._connection, merged_memories, run)

    def remove_views(self, clusters: Collection[UUID]) -> None:
        """Clusters of one member, or none, are seen as they are."""
        remove(self._dialect, self._connection, merged_memories, [(cluster_id,) for cluster_id in clusters])

    def append_history(self, joinings: Sequence[Joining], now: datetime) -> None:
        """What each joining did."""
        with writing(merge_history, "cluster", [each.cluster_id for each in joinings]):
            for run in in_runs(joining_row(each, now) for each in joinings):
                self._dialect.add(self._connection, merge_history, run)

    def forget_history(self, clusters: Collection[UUID]) -> None:
        """Of clusters that nobody is in any more: nobody sees it, nor could tell whose it was."""
        if clusters:
            among = self._dialect.among(merge_history.c.cluster_id, clusters)
            self._connection.execute(delete(merge_history).where(among))

    def decided(self, memory_ids: Collection[str]) -> dict[Pair, bool]:
        """Pairs with one of these memories that a person has decided about, and whether they are one thing."""
        row = reviews.c
        statement = select(row.memory_id, row.content_hash, row.other_memory_id, row.other_content_hash, row.decision)
        either = [self._dialect.among(name, memory_ids) for name in (row.memory_id, row.other_memory_id)]
        rows = self._connection.execute(statement.where(row.decision.is_not(None), or_(*either)))
        return {(Side(a, b), Side(c, d)): decision == ACCEPTED for a, b, c, d, decision in rows}

    def lapse(self, memory_ids: Collection[str]) -> None:
        """Forget the pairs with these memories, whose content has become another, or is gone."""
        if memory_ids:
            among = (self._dialect.among(side, memory_ids) for side in (reviews.c.memory_id, reviews.c.other_memory_id))
            self._connection.execute(delete(reviews).where(or_(*among)))

    def settle(self, doubts: Collection[Doubt]) -> None:
        """Forget pairs that are doubtful for this reason no more. What a person has decided about stays."""
        its = reviews.c.memory_id, reviews.c.other_memory_id, reviews.c.reason
        waiting = delete(reviews).where(reviews.c.decision.is_(None))
        for run in in_runs((one.memory_id, other.memory_id, reason) for (one, other), _, reason in doubts):
            self._dialect.for_each(
                self._connection,
                its,
                run,
                lambda given: waiting.where(*(column == given[column.name] for column in its)),
            )

    def note_doubts(self, owner_of: Mapping[str, str], doubts: Sequence[Doubt], now: datetime) -> int:
        """Leave pairs to a person. One that is noted already stays as it is. Returns how many were not."""
        rows = (doubt_row(owner_of[each.sides[0].memory_id], each, now) for each in doubts)
        with writing(reviews, "memory", [each.sides[0].memory_id for each in doubts]):
            return sum(self._dialect.add_new(self._connection, reviews, run) for run in in_runs(rows))


_ORIGINALS = select(
    _MEMBER.memory_id,
    _MEMBER.cluster_id,
    _MEMBER.is_founder,
    _MEMBER.band,
    _MEMBER.score,
    _MEMBER.content_hash,
    memories.c.occurred_at,
    *(memories.c[name] for name in _FIELDS),
).join(memories, memories.c.memory_id == _MEMBER.memory_id)
_OLDEST = members.alias("oldest")
_TELLING = (
    _ORIGINALS.outerjoin(merged_memories, merged_memories.c.cluster_id == _MEMBER.cluster_id)
    .outerjoin(_OLDEST, _OLDEST.c.memory_id == merged_memories.c.memory_id)
    .where(
        or_(
            _OLDEST.c.memory_id.is_(None),
            _OLDEST.c.memory_id == _MEMBER.memory_id,
            _OLDEST.c.content_hash != _MEMBER.content_hash,
            _MEMBER.is_founder,
            memories.c.content.is_not(None),
        )
    )
)
_TEXTS = (
    select(_MEMBER.cluster_id, _MEMBER.content_hash, memories.c.content)
    .join(memories, memories.c.memory_id == _MEMBER.memory_id)
    .where(memories.c.content.is_not(None))
)
assert set(_FIELDS) <= set(MEMORY_COLUMNS)


class FoundMember:
    """A member as the database has it."""

    __slots__ = ("has_text", "member", "place")

    def __init__(self, member: Member, place: Place, *, has_text: bool) -> None:
        self.member = member
        self.place = place
        self.has_text = has_text


def _without_text(row: Row[Any]) -> Fatal:
    return Fatal(
        f"database: no member of cluster {row.cluster_id} has the text of memory {row.memory_id}",
        advice=(
            "Was it changed by hand? With the consumers stopped, restore the text, or take the memory out of the"
            " cluster: delete its row in members, and the cluster's in merged_memories."
        ),
    )


def _found_member(row: Row[Any], text: str) -> FoundMember:
    told = row._mapping  # noqa: SLF001 - how SQLAlchemy names a row's columns
    fields: dict[str, Any] = {name: text if name == "content" else told[name] for name in _FIELDS}
    place = Place(row.cluster_id, row.is_founder, Band(row.band), row.score)
    member = Member(row.memory_id, row.occurred_at, Memory(**fields))
    return FoundMember(member, place, has_text=row.content is not None)
