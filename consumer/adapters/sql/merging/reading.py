"""What is read of clusters before they are changed: at once for all that a transaction may touch."""

from collections.abc import Collection, Iterable, KeysView, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from consumer.adapters.sql.merging.cluster_rows import ClusterRows, FoundMember
from consumer.memory.merging.clusters import Known, Rules
from consumer.memory.merging.doubts import Pair
from consumer.memory.merging.looking import Look
from consumer.memory.merging.members import Member


@dataclass(slots=True)
class Before:
    """What the database had. `seen`: clusters of which some members are known; `whole`: of which all are; `spared`: of
    which all are but echoes of the oldest. `by_cluster`: the members that are known, by cluster and id."""

    under: Mapping[int, set[UUID]] = field(default_factory=dict)
    whole: set[UUID] = field(default_factory=set)
    spared: set[UUID] = field(default_factory=set)
    decided: Mapping[Pair, bool] = field(default_factory=dict)
    members: dict[str, FoundMember] = field(default_factory=dict)
    by_cluster: dict[UUID, dict[str, Member]] = field(default_factory=dict)

    @property
    def seen(self) -> KeysView[UUID]:
        return self.by_cluster.keys()

    def add(self, found: Iterable[FoundMember]) -> None:
        for each in found:
            self.members[each.member.memory_id] = each
            self.by_cluster.setdefault(each.place.cluster_id, {})[each.member.memory_id] = each.member

    def of(self, cluster_id: UUID) -> Collection[Member]:
        return self.by_cluster.get(cluster_id, {}).values()

    def known(self) -> Known:
        return Known(
            {name: (each.member, each.place) for name, each in self.members.items()},
            {name for name, each in self.members.items() if each.has_text},
            self.under,
            self.decided,
        )


def read_clusters(
    rows: ClusterRows,
    rules: Rules,
    names: Collection[str],
    touched: Collection[UUID],
    newcomers: Collection[Member] = (),
) -> Before:
    """What there is before the members with these names leave their clusters, which are the `touched`, and before
    `newcomers` are placed. Owners are locked."""
    before = Before(whole=set(touched))
    before.add(rows.members(before.whole))
    leaving = [each.member for each in before.members.values()]
    look = Look([*newcomers, *leaving], rules.at_most, rules.crowd, leaving=len(before.whole))
    under = rows.under(look.keys, look.limit)
    under |= rows.under(look.more_keys(under), look.limit)
    if touched:
        for key, cluster_id in rows.standing({key for member in leaving for key in member.keys}, before.whole):
            under.setdefault(key, set()).add(cluster_id)
        before.decided = rows.decided(names)
        partners = rows.clusters_of({side.memory_id for pair in before.decided for side in pair} - set(names))
        before.add(rows.members(partners - before.whole))
        before.whole |= partners
    joined = {each for member in newcomers for each in under.get(member.content_key, ())} - before.whole
    founders = rows.members((), look.near(under) - before.whole - joined)
    before.add(founders)
    # Who says the same as a founder may have been found by the source alone.
    said = {member.digest for member in newcomers}
    before.spared = joined | {each.place.cluster_id for each in founders if each.member.digest in said}
    before.add(rows.without_echoes(before.spared))
    before.under = under
    return before
