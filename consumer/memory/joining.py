"""What each joining did to the view of its cluster: the history of a merged memory. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from consumer.memory.clusters import Doubt, Moved, Place, side_of
from consumer.memory.folding import changed_fields, fold
from consumer.memory.members import Member


class Joining(NamedTuple):
    """A member joined others. `conflicts` and `fields_changed` name fields of the view."""

    cluster_id: UUID
    member: Member
    place: Place
    conflicts: tuple[str, ...]
    fields_changed: list[str]
    oldest: str


def joinings(before: Mapping[UUID, Iterable[Member]], moves: Iterable[Moved], equal: float) -> Iterator[Joining]:
    """Replay the moves, one after the other, from the members that each cluster had."""
    now = {cluster_id: {each.memory_id: each for each in members} for cluster_id, members in before.items()}
    for cluster_id, member, place in moves:
        members = now.setdefault(cluster_id, {})
        if place is None:
            members.pop(member.memory_id, None)
            continue
        if members:
            earlier = fold(members.values(), equal)
            later = fold([*members.values(), member], equal)
            fields = changed_fields(earlier.memory, later.memory)
            yield Joining(cluster_id, member, place, later.conflicts, fields, earlier.memory_id)
        members[member.memory_id] = member


def doubts_about(joining: Joining, members: Mapping[str, Member]) -> Iterator[Doubt]:
    """What of a joining a person has to look at: a field in which the two can't be brought together."""
    if joining.oldest in members and joining.conflicts:
        one, other = sorted([side_of(joining.member), side_of(members[joining.oldest])])
        yield Doubt((one, other), joining.place.score, joining.conflicts[0])
