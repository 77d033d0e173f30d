"""Where members stand. Pure."""

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Band


class Place(NamedTuple):
    """Where a member stands. `score` and `band` are those of its joining; a founder's are 1 and `same`."""

    cluster_id: UUID
    is_founder: bool = True
    band: Band = Band.SAME
    score: float = 1.0


class Roster:
    """Members by their ids, and their places, as far as they are known."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.places: dict[str, Place] = {}
        self._clusters: defaultdict[UUID, set[str]] = defaultdict(set)

    def enter(self, member: Member, place: Place) -> None:
        """It stands there now. Where it stood elsewhere, it has left."""
        self.members[member.memory_id] = member
        self.places[member.memory_id] = place
        self._clusters[place.cluster_id].add(member.memory_id)

    def leave(self, memory_id: str) -> tuple[Member, Place]:
        """It stands nowhere. Returns who that was, and where it stood."""
        member, place = self.members.pop(memory_id), self.places.pop(memory_id)
        self._clusters[place.cluster_id].discard(memory_id)
        return member, place

    def lead(self, memory_id: str) -> None:
        """It founds the cluster anew that it stands in."""
        self.places[memory_id] = Place(self.places[memory_id].cluster_id)

    def cluster_of(self, member: Member) -> UUID:
        """The cluster that it stands in."""
        return self.places[member.memory_id].cluster_id

    def size(self, cluster_id: UUID) -> int:
        """How many members of a cluster are known."""
        return len(self._clusters[cluster_id])

    def of(self, cluster_id: UUID) -> list[Member]:
        """The members of a cluster that are known, the oldest first."""
        return sorted((self.members[name] for name in self._clusters[cluster_id]), key=lambda member: member.age)

    def founder(self, cluster_id: UUID) -> Member | None:
        """The founder of a cluster, if it is known."""
        found = (name for name in self._clusters.get(cluster_id, ()) if self.places[name].is_founder)
        name = next(found, None)
        return None if name is None else self.members[name]

    def leading(self, cluster_id: UUID) -> Member:
        """The founder of a cluster that is known whole."""
        return self.founder(cluster_id) or self.of(cluster_id)[0]
