"""What each joining did to the view of its cluster: the history of a merged memory. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from consumer.memory.merging.clusters import Moved, Place, side_of
from consumer.memory.merging.doubts import Doubt, in_order
from consumer.memory.merging.folding import changed_fields, fold
from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Band


class Joining(NamedTuple):
    """A member joined others at a turn, the oldest of whom was then `oldest`. `conflicts` and `fields_changed` name
    fields of the view."""

    turn: int
    cluster_id: UUID
    member: Member
    place: Place
    conflicts: tuple[str, ...]
    fields_changed: list[str]
    oldest: Member


def joinings(before: Mapping[UUID, Iterable[Member]], moves: Iterable[Moved], equal: float) -> Iterator[Joining]:
    """Replay the moves, one after the other, from the members that each cluster had."""
    now = {cluster_id: {each.memory_id: each for each in members} for cluster_id, members in before.items()}
    for turn, (cluster_id, member, place) in enumerate(moves):
        members = now.setdefault(cluster_id, {})
        if place is None:
            members.pop(member.memory_id, None)
            continue
        if members:
            earlier = fold(members.values(), equal)
            later = fold([*members.values(), member], equal)
            fields = changed_fields(earlier.memory, later.memory)
            yield Joining(turn, cluster_id, member, place, later.conflicts, fields, members[earlier.memory_id])
        members[member.memory_id] = member


def doubt_about(joining: Joining) -> Doubt | None:
    """What of a joining a person has to look at: a field in which the two can't be brought together.

    Who joined by a person's word has been looked at.
    """
    if not joining.conflicts or joining.place.band is Band.REVIEW:
        return None
    sides = in_order(side_of(joining.member), side_of(joining.oldest))
    return Doubt(sides, joining.place.score, joining.conflicts[0])
