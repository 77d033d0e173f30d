"""A memory is compared with the founders of clusters. Pure."""

from collections.abc import Collection
from typing import NamedTuple

from consumer.memory.merging.members import Member
from consumer.memory.merging.similarity import Band, Bands, similarity


class Match(NamedTuple):
    """A founder that a memory is like."""

    founder: Member
    score: float
    band: Band

    @property
    def is_one(self) -> bool:
        """Whether the two are taken for one, and nobody need be asked."""
        return self.band in (Band.EQUAL, Band.FOLDED)


class Comparing:
    """Compares, and counts."""

    def __init__(self, bands: Bands) -> None:
        self._bands = bands
        self.candidates = 0
        """How many pairs of memories were compared."""
        self.merges_tried = 0
        """How many memories were compared with others."""

    def matches(self, member: Member, founders: Collection[Member]) -> list[Match]:
        """Those founders that are not distinct from the member, the best first: of equals the oldest."""
        self.candidates += len(founders)
        self.merges_tried += bool(founders)
        matches = []
        for founder in founders:
            score = similarity(member.traits, founder.traits)
            band = self._bands.of(member.traits, founder.traits, score)
            if band is not Band.DISTINCT:
                matches.append(Match(founder, score, band))
        return sorted(matches, key=lambda match: (-match.score, match.founder.age))
