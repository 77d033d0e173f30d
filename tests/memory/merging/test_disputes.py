"""What of a view a person has to look at."""

from consumer.memory.merging.disputes import disputed
from consumer.memory.merging.folding import Dispute, View
from consumer.memory.merging.roster import Place
from consumer.memory.merging.similarity import Band
from tests.memory.merging.originals import member, memory
from tests.stories import NOON, event_id

ONE, OTHER = member("a", memory("one")), member("b", memory("other"), minute=1)
VIEW = View("a", NOON, memory("one"), (Dispute("tags", ONE, OTHER), Dispute("primary_emotion", ONE, OTHER)))


def places(band: Band) -> dict[str, Place]:
    founded = Place(event_id("a"))
    return {"a": founded, "b": founded._replace(is_founder=False, band=band)}


def test_of_several_fields_about_a_pair_the_first_stands() -> None:
    assert [doubt.reason for doubt in disputed([VIEW], places(Band.FOLDED)).values()] == ["tags"]


def test_who_joined_by_a_persons_word_has_been_looked_at() -> None:
    assert disputed([VIEW], places(Band.REVIEW)) == {}
