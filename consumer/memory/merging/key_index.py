"""Under which keys clusters stand, and which are near a memory. Pure.

A source that few clusters have tells enough: all of them are looked at, and one that says the same is among them. Once
more have it than are looked at under one key, it tells nothing and is no longer asked; then those clusters stand under
the keys of what their founders say as well. So the many memories that name a message of their own are spared these
keys, which are dear. Members that are no founders are found by their content alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from uuid import UUID

from consumer.memory.merging.members import Member

Under = Mapping[int, AbstractSet[UUID]]
"""The clusters under each of some keys."""


def tells_apart(clusters: int, crowd: int) -> bool:
    """Whether a source that so many clusters have tells them apart: up to a crowd of them."""
    return clusters <= crowd


class KeyIndex:
    """The keys of the clusters that a batch touches, as its events change them. `at_most`: how many clusters are looked
    at under a key of words, those with the lowest ids. `crowd`: how many may have a source for it to tell them apart.

    `before`: which clusters stood under which keys, as `looking.Look` has them looked for. Of a cluster that is left by
    its founder all keys must be among them.
    """

    def __init__(self, before: Mapping[int, Iterable[UUID]], at_most: int, crowd: int) -> None:
        self._at_most = at_most
        self._crowd = crowd
        self._under: defaultdict[int, set[UUID]] = defaultdict(set)
        self._keys: defaultdict[UUID, set[int]] = defaultdict(set)
        for key, clusters in before.items():
            for cluster_id in clusters:
                self.enter(cluster_id, (key,))
        self._before = {key: frozenset(clusters) for key, clusters in self._under.items()}

    @property
    def added(self) -> list[tuple[int, UUID]]:
        """The keys under which clusters stand now, and did not before."""
        return _without(self._under, self._before)

    @property
    def removed(self) -> list[tuple[int, UUID]]:
        """The keys under which clusters stood before, and do not now."""
        return _without(self._before, self._under)

    def near(self, member: Member) -> set[UUID]:
        """The clusters that the member may be like."""
        near: set[UUID] = set()
        is_told_by_words = not member.source_keys
        for key in member.source_keys:
            if clusters := self._under.get(key):
                if tells_apart(len(clusters), self._crowd):
                    near |= clusters
                else:
                    is_told_by_words = True
        for key in [*member.retelling_keys, *member.word_keys] if is_told_by_words else member.retelling_keys:
            if clusters := self._under.get(key):
                near.update(sorted(clusters)[: self._at_most])
        return near

    def enter(self, cluster_id: UUID, keys: Iterable[int]) -> None:
        """Let a cluster be found under keys."""
        self._keys[cluster_id].update(keys)
        for key in keys:
            self._under[key].add(cluster_id)

    def found(self, cluster_id: UUID, founder: Member) -> set[UUID]:
        """Let a cluster be found by its founder. Returns those that have to be found by what is said from now on."""
        sources = founder.source_keys
        self.enter(cluster_id, [*sources, *founder.retelling_keys])
        crowded = [clusters for key in sources if not tells_apart(len(clusters := self._under[key]), self._crowd)]
        if not crowded and sources:
            return set()
        self.enter(cluster_id, founder.said_keys)
        # The one that makes it too many: the others were found by the source alone.
        return {each for clusters in crowded if tells_apart(len(clusters) - 1, self._crowd) for each in clusters}

    def leave(self, cluster_id: UUID, keys: Iterable[int]) -> None:
        """Let a cluster be found under keys no more."""
        self._keys[cluster_id].difference_update(keys)
        for key in keys:
            self._under[key].discard(cluster_id)

    def leave_all(self, cluster_id: UUID) -> None:
        """Let a cluster be found no more."""
        self.leave(cluster_id, list(self._keys[cluster_id]))


def _without(under: Under, others: Under) -> list[tuple[int, UUID]]:
    """Each cluster under its key, but for those that are there among the others."""
    return [
        (key, each)
        for key, clusters in under.items()
        for each in (clusters - others[key] if key in others else clusters)
    ]
