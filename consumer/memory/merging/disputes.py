"""What of clusters a person has to look at: a function of them, whatever happened to them before. Pure."""

from collections.abc import Iterable, Mapping

from consumer.memory.merging.doubts import Doubt, Pair, in_order, side_of
from consumer.memory.merging.folding import View
from consumer.memory.merging.roster import Place
from consumer.memory.merging.similarity import Band, similarity


def disputed(views: Iterable[View], places: Mapping[str, Place]) -> dict[Pair, Doubt]:
    """The pairs that can't be brought together in some field: of each view the oldest, and whoever is in its way.

    Who joined by a person's word has been looked at. Of several fields about a pair the first stands.
    """
    found: dict[Pair, Doubt] = {}
    for view in views:
        for field, oldest, other in view.disputes:
            if places[other.memory_id].band is not Band.REVIEW:
                sides = in_order(side_of(oldest), side_of(other))
                found.setdefault(sides, Doubt(sides, similarity(oldest.traits, other.traits), field))
    return found
