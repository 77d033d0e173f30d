"""Pairs that a person looks at, and what follows from the decision."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, Select, select, update

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import READ_ONLY
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.merging.changes import change_clusters
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.tables import reviews
from consumer.errors import Fatal
from consumer.memory.merging.clusters import Clusters, Rules
from consumer.memory.merging.doubts import ACCEPTED, REJECTED, Pair, Side, side_of
from consumer.memory.merging.members import Member
from consumer.moves import Author

_REVIEW = reviews.c


@dataclass(slots=True, frozen=True)
class Review:
    """Two memories of an owner that a person has to look at, or has looked at: then there is a decision."""

    id: int
    owner_id: str
    one: Member
    other: Member
    score: float
    reason: str
    noted_at: datetime
    decision: str | None
    decided_at: datetime | None
    decided_by: str | None
    decided_because: str | None


class Reviews:
    """Tells of pairs, and decides them, whether consumers run or not."""

    def __init__(self, engine: Engine, rules: Rules) -> None:
        self._engine = engine
        self._rules = rules
        self._dialect = dialect_of(engine.dialect.name, Timeouts())

    def waiting(self, owner_id: str | None, at_most: int) -> list[Review]:
        """Pairs that nobody has decided about, those that wait longest first."""
        waiting = select(reviews).where(_REVIEW.decision.is_(None)).order_by(_REVIEW.noted_at, _REVIEW.id)
        return self._told(waiting, owner_id, at_most)

    def decided(self, owner_id: str | None, at_most: int) -> list[Review]:
        """Decisions that hold, the newest first."""
        decided = select(reviews).where(_REVIEW.decision.is_not(None))
        return self._told(decided.order_by(_REVIEW.decided_at.desc(), _REVIEW.id.desc()), owner_id, at_most)

    def accept(self, review_id: int, author: Author) -> None:
        """Both are one thing: their clusters become one. Raises `Fatal` where there is no such pair any more, and where
        that would bring two together that were rejected."""
        self._decide(review_id, ACCEPTED, author, _join)

    def reject(self, review_id: int, author: Author) -> None:
        """They are two: remembered, and taken apart if they stand together, whoever was taken for one with both. Raises
        `Fatal` where there is no such pair any more."""
        self._decide(review_id, REJECTED, author, lambda clusters, pair: clusters.part(pair, uuid4()))

    def _decide(self, review_id: int, decision: str, author: Author, change: Callable[[Clusters, Pair], None]) -> None:
        with translated(), self._engine.begin() as connection:
            self._dialect.open(connection)
            self._dialect.lock_owners(connection, [_the(connection, review_id).owner_id])
            pair = _pair(_the(connection, review_id))
            # Before the change: a pair that waits goes when what was doubtful about it has ended.
            values = {"decision": decision, "decided_at": author.now, "decided_by": author.name}
            decided = update(reviews).where(_REVIEW.id == review_id)
            connection.execute(decided.values(**values, decided_because=author.reason))
            change_clusters(
                ClusterRows(connection, self._dialect),
                self._rules,
                author.now,
                [name for name, _ in pair],
                lambda clusters: change(_require(clusters, pair), pair),
            )

    def _told(self, chosen: Select[Any], owner_id: str | None, at_most: int) -> list[Review]:
        if owner_id is not None:
            chosen = chosen.where(_REVIEW.owner_id == owner_id)
        reading = self._engine.execution_options(**{READ_ONLY: True})
        with translated(), reading.begin() as connection:
            rows = connection.execute(chosen.limit(at_most)).all()
            names = {name for row in rows for name in (row.memory_id, row.other_memory_id)}
            found = ClusterRows(connection, self._dialect).named(names)
        members = {each.member.memory_id: each.member for each in found}
        return [_review(row, members) for row in rows if {row.memory_id, row.other_memory_id} <= members.keys()]


def _join(clusters: Clusters, pair: Pair) -> None:
    if apart := clusters.kept_apart(pair):
        one, other = (side.memory_id for side in apart)
        raise Fatal(
            f"that would bring {one} and {other} together, which were rejected: nothing is decided",
            advice="Are they one thing after all? Accept that pair first: memory-consumer review list --decided",
        )
    clusters.join(pair)


def _the(connection: Connection, review_id: int) -> Row[Any]:
    row = connection.execute(select(reviews).where(_REVIEW.id == review_id)).one_or_none()
    if row is None:
        raise _gone(review_id)
    return row


def _gone(review_id: int) -> Fatal:
    return Fatal(
        f"there is no pair {review_id} to decide about",
        advice="A pair goes when either memory changes or is erased. Those that wait: memory-consumer review list",
    )


def _pair(row: Row[Any]) -> Pair:
    return Side(row.memory_id, row.content_hash), Side(row.other_memory_id, row.other_content_hash)


def _require(clusters: Clusters, pair: Pair) -> Clusters:
    """The mode without clusters leaves pairs as they are, whatever it writes."""
    for side in pair:
        member = clusters.roster.members.get(side.memory_id)
        if member is None or side_of(member) != side:
            raise Fatal(f"memory {side.memory_id} is not what it was when the pair was noted: nothing is decided")
    return clusters


def _review(row: Row[Any], members: dict[str, Member]) -> Review:
    return Review(
        row.id,
        row.owner_id,
        members[row.memory_id],
        members[row.other_memory_id],
        row.score,
        row.reason,
        row.noted_at,
        row.decision,
        row.decided_at,
        row.decided_by,
        row.decided_because,
    )
