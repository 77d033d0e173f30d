"""What each joining did to the view of its cluster: the history of a merged memory. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from consumer.memory.merging.clusters import Moved
from consumer.memory.merging.folding import View, changed_fields, fold
from consumer.memory.merging.members import Member
from consumer.memory.merging.roster import Place
from consumer.memory.merging.similarity import Bands


class Joining(NamedTuple):
    """A member joined others. `fields_changed` names fields of the view; `conflicts` those that are undecided since."""

    cluster_id: UUID
    member: Member
    place: Place
    conflicts: tuple[str, ...]
    fields_changed: list[str]


def joinings(before: Mapping[UUID, Mapping[str, Member]], moves: Collection[Moved], bands: Bands) -> Iterator[Joining]:
    """Replay the moves, one after the other, from the members that each cluster had, by their ids."""
    # Who founds a cluster finds nobody there; most clusters of a batch stay with their founder.
    joined = {cluster_id for cluster_id, _, place in moves if place is not None and not place.is_founder}
    if not joined:
        return
    courses = {cluster_id: _Course(before.get(cluster_id, {}), bands) for cluster_id in joined}
    for cluster_id, member, place in moves:
        course = courses.get(cluster_id)
        if course is None:
            continue
        if place is None:
            course.leave(member.memory_id)
        elif earlier := course.join(member):
            later = course.view
            fields = changed_fields(earlier.memory, later.memory)
            conflicts = tuple(each for each in later.conflicts if each not in earlier.conflicts)
            yield Joining(cluster_id, member, place, conflicts, fields)


class _Course:
    """A cluster as its members come and go, and what is seen of it."""

    def __init__(self, members: Mapping[str, Member], bands: Bands) -> None:
        self.members = dict(members)
        self._bands = bands
        self._view: View | None = None

    @property
    def view(self) -> View:
        """What is seen just now, of at least one member."""
        self._view = self._view or fold(self.members.values(), self._bands)
        return self._view

    def leave(self, memory_id: str) -> None:
        self.members.pop(memory_id, None)
        self._view = None

    def join(self, member: Member) -> View | None:
        """Returns what was seen before; None where nobody was there."""
        earlier = self.view if self.members else None
        self.members[member.memory_id] = member
        if earlier is None or not self._adds_nothing(member, self.members[earlier.memory_id]):
            self._view = None
        return earlier

    @staticmethod
    def _adds_nothing(member: Member, oldest: Member) -> bool:
        """Whether it says the same as the oldest, and is younger: there may be thousands of those in a cluster."""
        return member.traits.digest == oldest.traits.digest and member.age > oldest.age
