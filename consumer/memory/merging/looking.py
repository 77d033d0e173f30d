"""At what a batch looks before any of its memories is placed: which keys, and which of the clusters under them. Pure.

It is asked in two steps, because words are dear: they are looked at for those memories alone whose sources tell
nothing, and that shows when it is known how many clusters have a source.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from consumer.memory.merging.key_index import tells_apart
from consumer.memory.merging.members import Member

Found = Mapping[int, Collection[UUID]]
"""The clusters that stand under each of some keys; a key that has none may be left out."""


class Look:
    """The look at what `members` may ask of a `KeyIndex` with these `at_most` and `crowd`, which is to be filled with
    what is found. `leaving`: how many clusters may stand under fewer keys by the end of the batch.

    `limit`: so many clusters are looked for under each key, if there are: one more than the index looks at, though all
    leave that may. `keys`: those to be looked at first.
    """

    def __init__(self, members: Collection[Member], at_most: int, crowd: int, leaving: int) -> None:
        self._members = members
        self._crowd = crowd
        self._leaving = leaving
        self._bearers = Counter(key for member in members for key in member.source_keys)
        self.limit = max(at_most, crowd) + 1 + leaving
        self.keys = {*self._bearers, *(member.content_key for member in members)}
        self.keys.update(*(member.retelling_keys for member in members))
        self.keys.update(*(member.word_keys for member in members if not member.source_keys))

    def more_keys(self, found: Found) -> set[int]:
        """Those to be looked at then: the words of members whose source tells nothing, or will not when all of them
        have come."""
        crowded = self._telling_nothing({key: len(found.get(key, ())) + more for key, more in self._bearers.items()})
        if not crowded:
            return set()
        asking = (member for member in self._members if not crowded.isdisjoint(member.source_keys))
        return {key for member in asking for key in member.word_keys} - self.keys

    def near(self, found: Found) -> set[UUID]:
        """The clusters that may have to be compared: of a source that tells nothing, whoever leaves, none."""
        sources = self._bearers.keys() & found.keys()
        untold = self._telling_nothing({key: len(found[key]) - self._leaving for key in sources})
        return {each for key, clusters in found.items() if key not in untold for each in clusters}

    def _telling_nothing(self, clusters: Mapping[int, int]) -> set[int]:
        return {key for key, count in clusters.items() if not tells_apart(count, self._crowd)}
