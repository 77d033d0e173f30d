"""What a transaction changes about clusters, and what is written of it.

Members, keys, texts, merged memories, history, pairs for review.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from consumer.adapters.sql.merging.cluster_rows import ClusterRows, FoundMember
from consumer.adapters.sql.merging.reading import Before, read_clusters
from consumer.memory.merging.clusters import Clusters, Moved, Rules
from consumer.memory.merging.disputes import disputed
from consumer.memory.merging.folding import View, fold
from consumer.memory.merging.joining import joinings
from consumer.memory.merging.members import Member


class ClusterChanges:
    """The changes of one transaction, whose owners are locked: `read`, change the `clusters`, `write` them."""

    def __init__(self, rows: ClusterRows, rules: Rules, now: datetime) -> None:
        self._rows = rows
        self._rules = rules
        self._now = now
        self._before = Before()

    @property
    def can_any_leave(self) -> bool:
        """Whether there are clusters that members may leave, of what was read."""
        return bool(self._before.whole)

    def read(self, names: Collection[str], touched: Collection[UUID], newcomers: Collection[Member] = ()) -> Before:
        """Read what there is, in place of what was read earlier: see `read_clusters`."""
        self._before = read_clusters(self._rows, self._rules, names, touched, newcomers)
        return self._before

    def clusters(self) -> Clusters:
        """The clusters as they were read, to be changed."""
        return Clusters(self._before.known(), self._rules)

    def write(self, clusters: Clusters, rewritten: Collection[str]) -> int:
        """Write what became of them. `rewritten`: the members whose rows this transaction has written, each with its
        text. Returns how many pairs are left to a person that were not before."""
        moved = {move.member.memory_id for move in clusters.moves}
        # Who founds a cluster says what nobody says, and is all that is seen of it until somebody joins.
        moves = [move for move in clusters.moves if not move.is_founding]
        changed = {move.cluster_id for move in moves}
        self._complete(clusters, moves, changed)
        self._write_members(clusters, moved)
        self._write_keys(clusters)
        self._write_texts(clusters, moves, rewritten)
        views = self._write_views(clusters, changed)
        self._write_history(clusters)
        return self._write_pairs(clusters, self._views_before(changed), views)

    def _complete(self, clusters: Clusters, moves: Iterable[Moved], changed: AbstractSet[UUID]) -> None:
        """Of clusters that were joined, only the founder is known so far, or all but echoes."""
        before = self._before
        joined = (before.seen & changed) - before.whole - before.spared
        self._learn(clusters, self._rows.without_echoes(joined))
        before.spared |= joined
        lacking = _heard(before, moves)
        self._learn(clusters, self._rows.members(lacking))
        before.spared -= lacking
        before.whole |= lacking

    def _learn(self, clusters: Clusters, found: Iterable[FoundMember]) -> None:
        unknown = [each for each in found if each.member.memory_id not in clusters.roster.places]
        clusters.learn((each.member, each.place) for each in unknown)
        self._before.add(unknown)

    def _write_members(self, clusters: Clusters, moved: Collection[str]) -> None:
        before = self._before.members
        members, places = clusters.roster.members, clusters.roster.places
        self._rows.remove_members([name for name in moved if name not in places and name in before])
        placed = [(members[name], places[name]) for name in sorted(places)]
        self._rows.add_members([each for each in placed if each[0].memory_id not in before])
        self._rows.put_members(
            [
                (member, place)
                for member, place in placed
                if (had := before.get(member.memory_id)) and (member.memory_id in moved or had.place != place)
            ]
        )

    def _write_keys(self, clusters: Clusters) -> None:
        """Of clusters that are new no key can be there; others may stand under more than was looked at."""
        seen, added = self._before.seen, clusters.index.added
        self._rows.remove_keys(clusters.index.removed)
        # Mostly none was there, and the names of a thousand need not be looked up in nothing.
        self._rows.add_keys([each for each in added if each[1] not in seen] if seen else added)
        self._rows.put_keys([each for each in added if each[1] in seen] if seen else ())

    def _write_texts(self, clusters: Clusters, moves: Iterable[Moved], rewritten: Collection[str]) -> None:
        """Of those who say the same, one alone keeps the text."""
        wordings, texts = clusters.wordings, dict[str, str | None]()
        for digest in {move.member.digest for move in moves}:
            for twin in wordings.twins(digest):
                name, should = twin.memory_id, wordings.is_kept_of(twin)
                has = name in rewritten or self._before.members[name].has_text
                if should != has or (should and wordings.is_reworded(twin)):
                    texts[name] = twin.memory.content if should else None
        self._rows.set_texts(texts)

    def _write_views(self, clusters: Clusters, changed: AbstractSet[UUID]) -> list[View]:
        views = self._views({each: clusters.roster.of(each) for each in changed if clusters.roster.size(each) > 1})
        self._rows.remove_views((self._before.seen & changed) - views.keys())
        self._rows.put_views(views, self._now)
        return list(views.values())

    def _views_before(self, changed: AbstractSet[UUID]) -> list[View]:
        return list(self._views({each: self._before.of(each) for each in changed}).values())

    def _views(self, clusters: Mapping[UUID, Collection[Member]]) -> dict[UUID, View]:
        """What is seen of those that have several members."""
        return {each: fold(members, self._rules.bands) for each, members in clusters.items() if len(members) > 1}

    def _write_history(self, clusters: Clusters) -> None:
        history = joinings(self._before.by_cluster, clusters.moves, self._rules.bands)
        self._rows.append_history(list(history), self._now)
        left = {cluster_id for cluster_id, _, place in clusters.moves if place is None}
        self._rows.forget_history([each for each in left if not clusters.roster.size(each)])

    def _write_pairs(self, clusters: Clusters, before: Iterable[View], after: Iterable[View]) -> int:
        """Disputes are those of the views, and what is doubtful for another reason stays that."""
        had = disputed(before, {name: each.place for name, each in self._before.members.items()})
        doubts = disputed(after, clusters.roster.places) | {doubt.sides: doubt for doubt in clusters.doubts.standing()}
        self._rows.lapse(clusters.doubts.changed)
        self._rows.settle([doubt for sides, doubt in had.items() if doubts.get(sides) != doubt])
        owner_of = {name: clusters.roster.members[name].memory.owner_id for sides in doubts for name, _ in sides}
        return self._rows.note_doubts(owner_of, list(doubts.values()), self._now)


def change_clusters(
    rows: ClusterRows, rules: Rules, now: datetime, names: Collection[str], change: Callable[[Clusters], None]
) -> None:
    """Change the clusters of these memories as no event does. Their owners are locked."""
    changes = ClusterChanges(rows, rules, now)
    before = changes.read(names, rows.clusters_of(names))
    # What holds of those who stand beside them holds of them, too.
    before.decided = rows.decided(before.members.keys())
    clusters = changes.clusters()
    change(clusters)
    changes.write(clusters, ())


def _heard(before: Before, moves: Iterable[Moved]) -> set[UUID]:
    """Of the clusters whose echoes were spared, those where they are seen by now, or may be all that is left: somebody
    older than the oldest came and says something else, or somebody left."""
    moves = [move for move in moves if move.cluster_id in before.spared]
    oldest = {each: min(before.of(each), key=lambda member: member.age) for each in {move.cluster_id for move in moves}}
    return {
        cluster_id for cluster_id, member, place in moves if place is None or _displaces(member, oldest[cluster_id])
    }


def _displaces(member: Member, oldest: Member) -> bool:
    return member.age < oldest.age and member.digest != oldest.digest
