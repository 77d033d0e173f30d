"""Which memories of an owner tell of one thing, and what each event changes about it. Pure.

Every distinct original is a *member* of a *cluster*. A new memory joins the cluster whose *founder* it matches best: of
equals, the one with the oldest founder, then the lowest id. It founds a cluster of its own where nothing is alike
enough; clusters never join by themselves, and because only founders are compared, nothing chains. A change takes a
member out and places it afresh; a deletion takes it out. A founder that leaves is followed by the oldest member that
stays.

What a person has decided about two memories holds as long as both say what they said then: those taken for one stand
together, whatever their score; those kept apart are not compared again, and stay apart, whoever else is taken for one
with both.

Events are applied one after the other, each as if it had come alone, so that the batches make no difference.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from consumer.memory.merging.comparing import Comparing, Match
from consumer.memory.merging.doubts import ALIKE, CONTRADICTION, Doubt, Doubts, Pair, in_order, side_of
from consumer.memory.merging.key_index import KeyIndex
from consumer.memory.merging.members import Member
from consumer.memory.merging.roster import Place, Roster
from consumer.memory.merging.similarity import Band, Bands, similarity
from consumer.memory.merging.wordings import Wordings

_VERSION_AND_VARIANT = 0xF << 76 | 0x3 << 62
_VERSION_8 = 0x8 << 76 | 0x2 << 62
"""As RFC 9562 has them: what the rest is made of is our own affair."""


class Moved(NamedTuple):
    """A member joined a cluster, or, without a place, left the one it was in."""

    cluster_id: UUID
    member: Member
    place: Place | None

    @property
    def is_founding(self) -> bool:
        """Whether the member is the first of a cluster that was not there."""
        return self.place is not None and self.place.is_founder


@dataclass(slots=True)
class Known:
    """What the database has of the clusters that a batch may touch.

    `members`: with their places, all members of the clusters of memories in the batch, all of clusters that have one of
    its contents, and the founders found under its keys. `keys`: which clusters stand under a key, as `KeyIndex` wants
    it. `decided`: pairs that a person has looked at, and whether they are one thing. `texts`: the members whose row has
    the text, which of several that say the same is one.
    """

    members: dict[str, tuple[Member, Place]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    keys: Mapping[int, Iterable[UUID]] = field(default_factory=dict)
    decided: Mapping[Pair, bool] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Rules:
    """`bands`, and bounds.

    `at_most`: how many clusters are looked at under a key of words: those with the lowest ids. `crowd`: how many may
    have a source for it to tell them apart; no setting, because what stands under which keys follows from it.
    `doubts_at_most`: of how many that a newcomer may be alike a person hears: those that it is most like. Of one that
    joins a cluster nobody hears what else it may be alike.
    """

    bands: Bands = Bands()
    at_most: int = 32
    crowd: int = 32
    doubts_at_most: int = 5


class Clusters:
    """The clusters that a batch touches, as its events change them."""

    def __init__(self, known: Known, rules: Rules) -> None:
        self._rules = rules
        self.roster = Roster()
        self.wordings = Wordings()
        self.index = KeyIndex(known.keys, rules.at_most, rules.crowd)
        self.comparing = Comparing(rules.bands)
        self.doubts = Doubts(known.decided)
        self.moves: list[Moved] = []
        for member, place in known.members.values():
            self._enter(member, place)
            if member.memory_id in known.texts:
                self.wordings.keep_of(member)

    def leave(self, memory_id: str) -> None:
        """The memory is deleted, or is to be in no cluster any more."""
        if memory_id in self.roster.places:
            self.doubts.change(memory_id, len(self.moves))
            self._take_out(memory_id)

    def put(self, member: Member, event_id: UUID) -> Place:
        """The memory is created or changed. Returns where it stands. A cluster that it founds is named by it and the
        event; one that it was alone in keeps its name."""
        before = self.roster.members.get(member.memory_id)
        alone_in = self._take_out(member.memory_id) if before else None
        if before and before.digest != member.digest:
            self.doubts.change(member.memory_id, len(self.moves))
        place = self._find_place(member) or Place(alone_in or cluster_founded_by(member, event_id))
        member = self.wordings.worded(member)
        self._enter(member, place)
        self._index(member, place)
        self.moves.append(Moved(place.cluster_id, member, place))
        return place

    def kept_apart(self, pair: Pair) -> Pair | None:
        """Two members that a person takes for two things, and who would stand together if this pair did."""
        together = {self.roster.places[name].cluster_id for name, _ in pair}
        members = (member for cluster_id in together for member in self.roster.of(cluster_id))
        return self.doubts.kept_apart(set(map(side_of, members)))

    def join(self, pair: Pair) -> None:
        """A person says that both are one thing: their clusters become one, under the older founder."""
        together = {self.roster.places[name].cluster_id for name, _ in pair}
        first, *rest = sorted(together, key=lambda cluster_id: self.roster.leading(cluster_id).age)
        for member in [member for cluster_id in rest for member in self.roster.of(cluster_id)]:
            self._move(member, self._beside(self.roster.leading(first), member))

    def part(self, pair: Pair, cluster_id: UUID) -> None:
        """A person says that both are not one thing: if they stand together, the younger founds a cluster of that name,
        and takes along all that say the same as it."""
        elder, younger = sorted((self.roster.members[name] for name, _ in pair), key=_age)
        together = self.roster.cluster_of(elder)
        if self.roster.cluster_of(younger) != together or elder.digest == younger.digest:
            return
        others = [twin for twin in self.wordings.twins(younger.digest) if twin.memory_id != younger.memory_id]
        for place, member in enumerate([younger, *sorted(others, key=_age)]):
            self._move(member, Place(cluster_id, is_founder=place == 0))
        self._succeed(together)

    def learn(self, found: Iterable[tuple[Member, Place]]) -> None:
        """Members that were there all along, of clusters that others have joined by now."""
        for member, place in found:
            self._enter(member, place)

    def _find_place(self, member: Member) -> Place | None:
        """A place in a cluster that is there; None where the memory is to found one. Notes what is in doubt."""
        if twins := self.wordings.twins(member.digest):
            return Place(self.roster.cluster_of(min(twins, key=_age)), is_founder=False)
        partners, kept_out = self._decided_about(member)
        if partners:
            return self._beside(min(partners, key=_age), member)
        founders = self._founders_near(member, kept_out)
        if not founders:
            return None
        matches = self.comparing.matches(member, founders)
        if best := next((match for match in matches if match.is_one), None):
            return Place(self.roster.cluster_of(best.founder), is_founder=False, band=best.band, score=best.score)
        for match in matches[: self._rules.doubts_at_most]:
            self._doubt(member, match)
        return None

    def _decided_about(self, member: Member) -> tuple[list[Member], set[UUID]]:
        """Those that a person takes for one with the memory, and the clusters where somebody is that it was kept apart
        from."""
        told = self.doubts.decided_about(side_of(member)) if self.doubts.has_decisions else {}
        if not told:
            return [], set()
        members = self.roster.members
        decided = [(members[name], is_one) for name, is_one in told.items() if name in members]
        kept_out = {self.roster.cluster_of(other) for other, is_one in decided if not is_one}
        partners = [other for other, is_one in decided if is_one and self.roster.cluster_of(other) not in kept_out]
        return partners, kept_out

    def _beside(self, partner: Member, member: Member) -> Place:
        """The place of a memory that a person took for one with another."""
        score = similarity(member.traits, partner.traits)
        return Place(self.roster.cluster_of(partner), is_founder=False, band=Band.REVIEW, score=score)

    def _founders_near(self, member: Member, kept_out: Collection[UUID]) -> list[Member]:
        """Of the clusters that it may be like, but for those that it is kept out of."""
        clusters = self.index.near(member)
        if not clusters:
            return []
        founders = map(self.roster.founder, clusters.difference(kept_out))
        # Two keys can be equal by chance, so the owner is looked at too.
        return [each for each in founders if each is not None and each.memory.owner_id == member.memory.owner_id]

    def _doubt(self, member: Member, match: Match) -> None:
        sides = in_order(side_of(member), side_of(match.founder))
        reason = CONTRADICTION if match.score >= self._rules.bands.folded else ALIKE
        self.doubts.note(Doubt(sides, match.score, reason), len(self.moves))

    def _enter(self, member: Member, place: Place) -> None:
        self.roster.enter(member, place)
        self.wordings.enter(member)

    def _index(self, member: Member, place: Place) -> None:
        """Let the cluster be found: by the keys of its founder, by the content alone of who is none."""
        if not place.is_founder:
            self.index.enter(place.cluster_id, (member.content_key,))
            return
        for cluster_id in self.index.found(place.cluster_id, member):
            if founder := self.roster.founder(cluster_id):
                self.index.enter(cluster_id, founder.said_keys)

    def _unindex(self, member: Member, place: Place) -> None:
        """It has left: what it alone said, its cluster is not found by any more; nor at all without a founder."""
        if place.is_founder:
            self.index.leave_all(place.cluster_id)
        elif place.cluster_id not in map(self.roster.cluster_of, self.wordings.twins(member.digest)):
            self.index.leave(place.cluster_id, (member.content_key,))

    def _take_out(self, memory_id: str) -> UUID | None:
        """Take a member out of its cluster. Returns the cluster's id if nothing is left of it."""
        member, place = self.roster.leave(memory_id)
        self.wordings.leave(member)
        self._unindex(member, place)
        self.moves.append(Moved(place.cluster_id, member, None))
        return None if self._succeed(place.cluster_id) else place.cluster_id

    def _succeed(self, cluster_id: UUID) -> bool:
        """After somebody left: let there be a founder, and let the rest be found. Returns whether there is a rest."""
        rest = self.roster.of(cluster_id)
        if rest and self.roster.founder(cluster_id) is None:
            self.roster.lead(rest[0].memory_id)
            for each in rest:
                self._index(each, self.roster.places[each.memory_id])
        return bool(rest)

    def _move(self, member: Member, place: Place) -> None:
        """To another cluster, by a person's word."""
        _, before = self.roster.leave(member.memory_id)
        self.roster.enter(member, place)
        self._unindex(member, before)
        self._index(member, place)
        self.moves += [Moved(before.cluster_id, member, None), Moved(place.cluster_id, member, place)]


def _age(member: Member) -> tuple[object, ...]:
    return member.age


def cluster_founded_by(member: Member, event_id: UUID) -> UUID:
    """The name of the cluster that a memory founds by an event, and nobody else by any: a UUID of version 8.

    The ledger forgets events in time, and then another owner may use the id again.
    """
    owner_id, memory_id = member.memory.owner_id, member.memory_id
    founder = f"{len(owner_id)}:{owner_id}{memory_id}".encode("utf-8", "surrogatepass")
    digest = blake2b(event_id.int.to_bytes(16) + founder, digest_size=16).digest()
    return UUID(int=int.from_bytes(digest) & ~_VERSION_AND_VARIANT | _VERSION_8)
