"""A store that looks for what is alike, fed with events in batches, and its tables as a test compares them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, select, text

from consumer.adapters.no_filter import NoFilter
from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.merging.cluster_rows import ClusterRows, FoundMember
from consumer.adapters.sql.merging.clustering import Clustering
from consumer.adapters.sql.merging.departures import Departures
from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.adapters.sql.store import SqlStore
from consumer.adapters.sql.tables import members, similarity_keys
from consumer.memory.merging.clusters import Rules
from consumer.memory.model import Memory, MemoryEvent
from consumer.ports import SeenFilter
from consumer.records import Claim, Found, KeptPayload, Rejection, Tally, TopicPartition
from tests.fakes.clock import HandClock
from tests.memory.merging.originals import memory
from tests.stories import MEMORIES, NOON, event_id, plan

TEN = "one two three four five six seven eight nine ten"

_CONTENTS = (
    "owner_id, occurred_at, content, summary, source_message_ids, participants, tags, confidence, metadata,"
    " emotional_context, quality, warnings"
)
WHATEVER_THE_BATCHES = {
    "memories": "memory_id, is_deleted, " + _CONTENTS,
    "members": "memory_id, cluster_id, is_founder, band, score, content_hash",
    "similarity_keys": "key, cluster_id",
    "merged_memories": "cluster_id, memory_id, conflicts, " + _CONTENTS,
    "merge_history": "cluster_id, memory_id, band, score, conflicts, fields_changed",
    "reviews": "owner_id, memory_id, content_hash, other_memory_id, other_content_hash, score, reason, decision",
    "event_ledger": "event_id, memory_id",
}


class Clustered:
    """Writes events to a database of its own."""

    def __init__(
        self,
        engine: Engine,
        rules: Rules | None = None,
        source: TopicPartition = MEMORIES,
        seen: SeenFilter | None = None,
        membership: type[Clustering | Departures] = Clustering,
    ) -> None:
        self.rules = rules or Rules()
        self.engine = engine
        self.seen = seen or NoFilter()
        self._store = SqlStore(engine, "g", HandClock(), rules=self.rules, membership=membership)
        self._source = source
        self._claims: dict[TopicPartition, Claim] = self._store.claim({source: Found("t", None, 0, 0)})
        self.tally: Tally = Counter()
        self.rejections: list[Rejection] = []

    def bear(self, rejections: Sequence[Rejection]) -> None:
        """A settlement that bears everything."""

    def send(self, rejections: Sequence[Rejection]) -> list[KeptPayload]:
        self.rejections += rejections
        return []

    def write(self, events: Sequence[MemoryEvent], *, size: int = 500, is_filter_empty: bool = False) -> Tally:
        """All events, in batches of that size. Returns how they ended, all together."""
        ended: Tally = Counter()
        for start in range(0, len(events), size):
            position = self._claims[self._source].next_offset
            batch = plan(events[start : start + size], first=position, source=self._source)
            suspects = () if is_filter_empty else self.seen.maybe(batch.event_ids())
            written = self._store.write(batch, suspects, self._claims, self)
            self.seen.add(written.event_ids)
            self._claims = {
                source: replace(self._claims[source], next_offset=offset)
                for source, offset in written.next_offsets.items()
            }
            ended.update(written.tally)
        self.tally.update(ended)
        return ended

    def keep(self, payload: KeptPayload) -> None:
        """A payload of a letter that was too large."""
        with self._store._transaction() as connection:
            self._store._keep(connection, [payload])

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def tables(self) -> dict[str, list[str]]:
        """Everything that must not depend on how the events were cut into batches, in an order of its own."""
        return {
            table: sorted(map(repr, self.query(f"SELECT {columns} FROM {table}")))
            for table, columns in WHATEVER_THE_BATCHES.items()
        }


def told(
    name: str, content: str = TEN, *, at: int = 0, again: str = "", owner: str = "ann", **parts: Any
) -> MemoryEvent:
    """An event of the memory of this name; a source and a person are shared by all unless said otherwise."""
    said = {"sources": ["s"], "people": ["p"], **parts}
    return event_of(name, memory(content, owner=owner, **said), at=at, again=again)


def event_of(name: str, what: Memory | None, *, at: int = 0, again: str = "") -> MemoryEvent:
    moment = NOON.replace(minute=at)
    return MemoryEvent(event_id(name + again), "CREATED" if what else "DELETED", name, moment, "tests", what)


def gone(name: str) -> MemoryEvent:
    return event_of(name, None, again=" gone", at=59)


def swapped(*numbers: int) -> str:
    return " ".join(f"x{number}" if number in numbers else word for number, word in enumerate(TEN.split()))


def assert_whole(store: Clustered) -> None:
    """Every cluster has one founder and stands under its keys alone; every content has one text; and the history is of
    clusters that are there."""
    assert (
        store.query(
            "SELECT cluster_id FROM members GROUP BY cluster_id HAVING sum(CASE WHEN is_founder THEN 1 ELSE 0 END) != 1"
        )
        == []
    )
    assert_found_by_its_members(store)
    texts = (
        "SELECT content_hash FROM members JOIN memories USING (memory_id)"
        " GROUP BY owner_id, content_hash HAVING count(content) != 1"
    )
    assert store.query(texts) == []
    gone_whole = "SELECT * FROM merge_history WHERE cluster_id NOT IN (SELECT cluster_id FROM members)"
    assert store.query(gone_whole) == []
    several = "SELECT cluster_id FROM members GROUP BY cluster_id HAVING count(*) > 1"
    assert sorted(store.query(several)) == sorted(store.query("SELECT cluster_id FROM merged_memories"))


def assert_found_by_its_members(store: Clustered) -> None:
    """Whatever a cluster stands under, its founder gives, or somebody's content; and it stands under
    all that it must."""
    dialect = dialect_of(store.engine.dialect.name, Timeouts())
    with store.engine.connect() as connection:
        standing = {
            (each, key) for each, key in connection.execute(select(similarity_keys.c.cluster_id, similarity_keys.c.key))
        }
        clusters = set(connection.scalars(select(members.c.cluster_id)))
        found = ClusterRows(connection, dialect).members(clusters)
    may = {(each.place.cluster_id, key) for each in found for key in keys_of(each)}
    must = {(each.place.cluster_id, key) for each in found for key in least_keys_of(each)}
    assert must <= standing <= may


def keys_of(found: FoundMember) -> list[int]:
    """All that its cluster may stand under because of it."""
    return found.member.keys if found.place.is_founder else [found.member.content_key]


def least_keys_of(found: FoundMember) -> list[int]:
    """All that its cluster has to stand under because of it, however few have its sources."""
    member = found.member
    if not found.place.is_founder:
        return [member.content_key]
    told = [] if member.source_keys else member.said_keys
    return [*member.source_keys, *member.retelling_keys, *told]


def the_one_waiting(reviews: Reviews) -> int:
    """The pair that waits for a person; there is one."""
    (review,) = reviews.waiting(None, 10)
    return review.id
