"""What each joining did to what is seen."""

from consumer.memory.merging.clusters import Clusters, Known, Rules
from consumer.memory.merging.joining import Joining, joinings
from consumer.memory.model import Emotion
from tests.memory.merging.originals import feeling, member, memory
from tests.stories import event_id

TEN = "one two three four five six seven eight nine ten"


def joined(*told: tuple[str, Emotion]) -> list[Joining]:
    """Who joined the first, when each came after the other."""
    known = Clusters(Known(), Rules())
    for minute, (content, emotion) in enumerate(told):
        said = memory(content, sources=["s"], people=["p"], feeling=feeling(emotion))
        known.put(member(f"m{minute}", said, minute=minute), event_id(f"m{minute}"))
    return list(joinings({}, known.moves, Rules().bands))


def test_fields_that_a_joining_set_against_each_other_are_told() -> None:
    (joining,) = joined((TEN, "joy"), (TEN.replace("one", "eins"), "anger"))
    assert joining.conflicts == ("primary_emotion",)


def test_who_says_the_same_sets_nothing_against_anything() -> None:
    *_, joining = joined((TEN, "joy"), (TEN.replace("one", "eins"), "anger"), (TEN, "joy"))
    assert (joining.conflicts, joining.fields_changed) == ((), [])


def test_who_founds_a_cluster_joins_nobody() -> None:
    assert joined((TEN, "joy"), ("something else altogether", "anger")) == []
