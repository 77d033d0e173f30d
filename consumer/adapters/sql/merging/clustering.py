"""The part of a batch's transaction that finds out which memories tell of one thing.

It stands around the writing of the memories themselves. Before: owners are locked, and what the database has of the
clusters that the batch may touch is read, at once for all of it. After: every event that was applied is placed, in
order, and what that changed is written: members, keys, texts, merged memories, history, pairs for review.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consumer.adapters.sql.dialects import SqlDialect
from consumer.adapters.sql.merging.cluster_rows import ClusterRows, FoundMember
from consumer.effects import Effects
from consumer.memory.merging.clusters import Clusters, Known, Place, Rules, digest_of, keys_at
from consumer.memory.merging.doubts import Pair
from consumer.memory.merging.folding import fold
from consumer.memory.merging.joining import doubt_about, joinings
from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Band
from consumer.memory.model import MemoryEvent
from consumer.memory.ordering import Verdict
from consumer.records import CREATED, FOLDED_IN, NEARLY_SAME, SAME_CONTENT, Outcome


class Clustering:
    """One batch. `prepare` comes first, under no lock of rows; `apply` when the memories are written."""

    def __init__(self, connection: Connection, dialect: SqlDialect, rules: Rules, now: datetime) -> None:
        self._rows = ClusterRows(connection, dialect)
        self._dialect = dialect
        self._connection = connection
        self._rules = rules
        self._now = now
        self._before = _Before()
        self._candidates: dict[int, Member] = {}
        self._touched: set[UUID] = set()
        self.effects = Effects()

    @property
    def is_needed(self) -> bool:
        """Whether the events of the batch can change anything about clusters."""
        return True

    def lock(self, events: Collection[MemoryEvent]) -> bool:
        """Have the owners to ourselves: two consumers would each miss what the other is about to write.

        Returns whether any of the memories is there.
        """
        owners = {event.memory.owner_id for event in events if event.memory is not None}
        memory_ids = {event.memory_id for event in events}
        there = self._rows.owners_of(memory_ids)
        self._dialect.lock_owners(self._connection, owners.union(filter(None, there)))
        self._touched = self._rows.clusters_of(memory_ids) if there else set()
        return bool(there)

    def prepare(self, events: Mapping[int, MemoryEvent], there: Collection[str]) -> None:
        """Read what the events, by their places in the batch, may touch. The owners are locked; `there` are those of
        the memories that exist."""
        self._candidates = {
            place: Member(event.memory_id, event.occurred_at, event.memory)
            for place, event in events.items()
            if event.memory is not None
        }
        contents = {member.content_key for member in self._candidates.values()}
        keys = contents.union(*(member.keys for member in self._candidates.values()))
        # A cluster that the batch itself removes must not leave the one behind it out of sight.
        under = self._rows.under(keys, self._rules.at_most + len(self._touched))
        near = {cluster_id for clusters in under.values() for cluster_id in clusters}
        memory_ids = {event.memory_id for event in events.values()}
        decided = self._rows.decided(memory_ids) if self._touched else {}
        partners = {side.memory_id for pair in decided for side in pair} - memory_ids
        whole = self._touched.union(*(under.get(key, ()) for key in contents))
        whole |= self._rows.clusters_of(partners) if partners else set()
        self._before = _Before(under, whole, decided)
        self._before.add(self._rows.members(whole, near - whole))

    def apply(self, applied: Sequence[tuple[int, MemoryEvent, Verdict]]) -> dict[int, Outcome]:
        """Place the events that were applied, in order, and write what follows. Returns how those that created a memory
        end, by their places."""
        clusters = Clusters(self._before.known(), self._rules)
        outcomes: dict[int, Outcome] = {}
        bands: Counter[Band] = Counter()
        for at, event, verdict in applied:
            if verdict is Verdict.DELETED:
                clusters.leave(event.memory_id)
                continue
            place = clusters.put(self._candidates[at], event.event_id)
            bands[place.band] += 1
            if verdict is Verdict.CREATED:
                outcomes[at] = _outcome(place)
        self._write(clusters, {move.member.memory_id for move in clusters.moves})
        self.effects = Effects(
            placed=bands.total(),
            candidates=clusters.candidates,
            merges_tried=clusters.merges_tried,
            merged=bands[Band.EQUAL] + bands[Band.FOLDED],
            doubts=len(clusters.doubts.standing()),
        )
        return outcomes

    def change(self, memory_ids: Collection[str], change: Callable[[Clusters], None]) -> None:
        """Change the clusters of these memories as no event does. Their owners are locked."""
        whole = self._rows.clusters_of(memory_ids)
        self._before = _Before(whole=whole)
        self._before.add(self._rows.members(whole))
        clusters = Clusters(self._before.known(), self._rules)
        change(clusters)
        self._write(clusters, ())

    def _write(self, clusters: Clusters, rewritten: Collection[str]) -> None:
        """`rewritten`: the members whose rows this transaction has written, each with its text."""
        moved = {move.member.memory_id for move in clusters.moves}
        changed = {move.cluster_id for move in clusters.moves}
        self._complete(clusters, changed)
        self._write_members(clusters, moved)
        self._write_keys(clusters, changed)
        self._write_texts(clusters, rewritten)
        self._write_views(clusters, changed)
        self._write_pairs(clusters)

    def _complete(self, clusters: Clusters, changed: Collection[UUID]) -> None:
        """Of clusters that were joined, only the founder is known so far."""
        missing = (self._before.seen & set(changed)) - self._before.whole
        found = [each for each in self._rows.members(missing) if each.member.memory_id not in clusters.places]
        clusters.learn((each.member, each.place) for each in found)
        self._before.whole |= missing
        self._before.add(found)

    def _write_members(self, clusters: Clusters, moved: Collection[str]) -> None:
        before = self._before.members
        self._rows.remove_members([name for name in moved if name not in clusters.places and name in before])
        placed = [(clusters.members[name], place) for name, place in sorted(clusters.places.items())]
        self._rows.add_members([each for each in placed if each[0].memory_id not in before])
        self._rows.put_members(
            [
                (member, place)
                for member, place in placed
                if (had := before.get(member.memory_id)) and (member.memory_id in moved or had.place != place)
            ]
        )

    def _write_keys(self, clusters: Clusters, changed: Collection[UUID]) -> None:
        old = _keys(changed, ((each.member, each.place) for each in self._before.members.values()))
        new = _keys(changed, ((clusters.members[name], place) for name, place in clusters.places.items()))
        self._rows.remove_keys(old - new)
        self._rows.put_keys(new - old)

    def _write_texts(self, clusters: Clusters, rewritten: Collection[str]) -> None:
        """Of those who say the same, one alone keeps the text."""
        texts: dict[str, str | None] = {}
        for digest in {digest_of(move.member) for move in clusters.moves}:
            for name in clusters.twins(digest):
                should = clusters.texts[digest] == name
                has = name in rewritten or self._before.members[name].has_text
                if should != has:
                    texts[name] = clusters.members[name].memory.content if should else None
        self._rows.set_texts(texts)

    def _write_views(self, clusters: Clusters, changed: Collection[UUID]) -> None:
        views = {cluster_id for cluster_id in changed if clusters.size(cluster_id) > 1}
        self._rows.remove_views(self._before.seen.intersection(changed) - views)
        for cluster_id in sorted(views):
            self._rows.put_view(cluster_id, fold(clusters.of(cluster_id), self._rules.bands.equal), self._now)

    def _write_pairs(self, clusters: Clusters) -> None:
        history = list(joinings(self._before.by_cluster(), clusters.moves, self._rules.bands.equal))
        self._rows.append_history(history, self._now)
        self._rows.lapse(clusters.doubts.changed)
        for joining in history:
            if doubt := doubt_about(joining):
                clusters.doubts.note(doubt, joining.turn)
        if doubts := clusters.doubts.standing():
            owner_of = {name: member.memory.owner_id for name, member in clusters.members.items()}
            self._rows.note_doubts(owner_of, doubts, self._now)


class Departures(Clustering):
    """The mode that does not look for what is alike, on a database where another mode did: a member that is changed or
    deleted leaves its cluster, so that the others keep their text, and no view shows words that are gone."""

    @property
    def is_needed(self) -> bool:
        """Whether members are among the memories of the batch."""
        return bool(self._touched)

    def lock(self, events: Collection[MemoryEvent]) -> bool:
        """Nothing is known yet, and mostly there is nothing to be locked."""
        return True

    def prepare(self, events: Mapping[int, MemoryEvent], there: Collection[str]) -> None:
        """Read the clusters of those memories that are there."""
        self._touched = self._rows.clusters_of(there) if there else set()
        if self._touched:
            self._dialect.lock_owners(self._connection, {owner for owner in self._rows.owners_of(there) if owner})
            self._before = _Before(whole=self._touched)
            self._before.add(self._rows.members(self._touched))

    def apply(self, applied: Sequence[tuple[int, MemoryEvent, Verdict]]) -> dict[int, Outcome]:
        """Take out whoever was changed or deleted."""
        clusters = Clusters(self._before.known(), self._rules)
        for _, event, _ in applied:
            clusters.leave(event.memory_id)
        self._write(clusters, {event.memory_id for _, event, _ in applied})
        return {}


@dataclass(slots=True)
class _Before:
    """What the database had. `seen`: clusters of which some members are known; `whole`: of which all are."""

    under: Mapping[int, list[UUID]] = field(default_factory=dict)
    whole: set[UUID] = field(default_factory=set)
    decided: Mapping[Pair, bool] = field(default_factory=dict)
    members: dict[str, FoundMember] = field(default_factory=dict)

    @property
    def seen(self) -> set[UUID]:
        return {each.place.cluster_id for each in self.members.values()}

    def add(self, found: Iterable[FoundMember]) -> None:
        self.members |= {each.member.memory_id: each for each in found}

    def known(self) -> Known:
        return Known(
            {name: (each.member, each.place) for name, each in self.members.items()},
            {name for name, each in self.members.items() if each.has_text},
            self.under,
            self.decided,
        )

    def by_cluster(self) -> dict[UUID, list[Member]]:
        clusters: defaultdict[UUID, list[Member]] = defaultdict(list)
        for each in self.members.values():
            clusters[each.place.cluster_id].append(each.member)
        return clusters


def _keys(changed: Collection[UUID], placed: Iterable[tuple[Member, Place]]) -> set[tuple[int, UUID]]:
    return {
        (key, place.cluster_id)
        for member, place in placed
        if place.cluster_id in changed
        for key in keys_at(member, place)
    }


def _outcome(place: Place) -> Outcome:
    """How a record ends whose memory is new."""
    if place.is_founder:
        return CREATED
    if place.band is Band.FOLDED:
        return FOLDED_IN
    return SAME_CONTENT if place.band is Band.SAME else NEARLY_SAME
