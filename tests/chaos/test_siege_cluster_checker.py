"""The checker of clusters finds what is wrong: tables that agree are doctored, one thing at a time."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from consumer.devstack import sample_events
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import to_raw
from consumer.memory.validation import validate
from tests import stories, wire
from tests.chaos.siege.checker import Finding, Wrong
from tests.chaos.siege.cluster_checker import (
    Clusters,
    Joining,
    Member,
    Pair,
    View,
    agrees_but_for_wording,
    check_clusters,
)
from tests.chaos.siege.contents import MEMORY_COLUMNS, event_in, memory_row, saying
from tests.chaos.siege.published import Ending, Note, Published
from tests.chaos.siege.retelling import retold

LOST, DOUBLED, ALTERED = Wrong.LOST, Wrong.DOUBLED, Wrong.ALTERED

ONE, TWO, NOBODYS = stories.event_id("first"), stories.event_id("other"), UUID(int=3, version=4)
H1, H2, H3, H4 = b"1", b"2", b"3", b"4"


def event(name: str, content: str, *, minute: int = 0) -> MemoryEvent:
    """An event of the memory of that name."""
    told = stories.event(name, name, minute=minute, content=content)
    assert told.memory is not None
    return replace(told, memory=replace(told.memory, summary=f"in short: {name}"))


FIRST, TWIN = event("first", "We  walked"), event("twin", "we WALKED", minute=1)
ALIKE, OTHER = event("alike", "we ran", minute=2), event("other", "nobody knew", minute=3)
GONE = (event("gone", "it was said"), stories.event("deletion", "gone", deleted=True))
LIVING = (FIRST, TWIN, ALIKE, OTHER)


def published() -> Published:
    """Four memories that live, and one that is deleted."""
    notes = [(each, Ending.PLACED) for each in (*LIVING, GONE[0])] + [(GONE[1], Ending.STORED)]
    written = Published(1)
    written.write_down(
        Note(0, offset, told.memory_id.encode(), wire.encode(told), ending)
        for offset, (told, ending) in enumerate(notes)
    )
    return written


def view(cluster_id: UUID, shown: MemoryEvent) -> View:
    """A cluster as it is shown."""
    columns = memory_row(event_in(wire.encode(shown)))
    return View(cluster_id, shown.memory_id, {**dict(zip(MEMORY_COLUMNS, columns, strict=True)), "producer": None})


GOOD = Clusters(
    members=[
        Member("first", ONE, True, H1, "We  walked"),
        Member("twin", ONE, False, H1, None),
        Member("alike", ONE, False, H2, "we ran"),
        Member("other", TWO, True, H3, "nobody knew"),
    ],
    keyed={ONE, TWO},
    views=[view(ONE, FIRST)],
    joinings=[Joining(ONE, "twin", "same", []), Joining(ONE, "alike", "folded", ["tags", "primary_emotion"])],
    pairs=[Pair(("first", H1), ("other", H3))],
)


def told(clusters: Clusters) -> list[Finding]:
    """What the checker says."""
    return list(check_clusters(published(), clusters))


def member(memory_id: str, **changed: object) -> Clusters:
    """The clusters with one member in another state."""
    return GOOD._replace(
        members=[
            Member(**{**each._asdict(), **(changed if each.memory_id == memory_id else {})}) for each in GOOD.members
        ]
    )


def shown(**fields: object) -> Clusters:
    """The clusters with other fields in the view."""
    return GOOD._replace(views=[GOOD.views[0]._replace(fields={**GOOD.views[0].fields, **fields})])


def test_good_order_is_found_good() -> None:
    assert told(GOOD) == []


@pytest.mark.parametrize(
    ("doctored", "wrong", "words"),
    [
        (GOOD._replace(members=GOOD.members[:-1]), LOST, "such as other are no members"),
        (GOOD._replace(members=[*GOOD.members, Member("gone", TWO, False, H4, None)]), DOUBLED, "do not live"),
        (GOOD._replace(members=[*GOOD.members, GOOD.members[1]._replace(cluster_id=TWO)]), DOUBLED, "several clusters"),
        (member("first", is_founder=False), ALTERED, "of 3 has 0 founders"),
        (member("alike", is_founder=True), ALTERED, "of 3 has 2 founders"),
        (member("twin", cluster_id=TWO), ALTERED, "2 clusters of 2 that say the same"),
        (member("twin", content_hash=H4), ALTERED, "several hashes of 2"),
        (member("alike", content_hash=H1), ALTERED, "one hash of several contents of ann"),
        (member("first", text=None), LOST, "0 texts of 2"),
        (member("other", text=None), LOST, "0 texts of 1"),
        (member("twin", text="we WALKED"), DOUBLED, "2 texts of 2"),
        (GOOD._replace(keyed={ONE, TWO, NOBODYS}), ALTERED, "keys of clusters without members"),
        (GOOD._replace(keyed={ONE}), LOST, "clusters without a key"),
        (GOOD._replace(views=[]), LOST, "nothing is seen of clusters"),
        (GOOD._replace(views=[*GOOD.views, view(TWO, OTHER)]), DOUBLED, "without several members"),
        (GOOD._replace(views=[view(ONE, ALIKE)]), ALTERED, "does not show its oldest, first"),
        (shown(content="we WALKED"), ALTERED, "does not show its oldest, first"),
        (shown(owner_id="bob"), ALTERED, "does not show its oldest, first"),
        (shown(summary="in short: gone"), ALTERED, "no member has {'in short: gone'}"),
        (shown(metadata={"k": "gone"}), ALTERED, "no member has {'gone'}"),
        (GOOD._replace(joinings=GOOD.joinings[:1]), LOST, "'alike') are not in the history"),
        (GOOD._replace(joinings=[*GOOD.joinings, *GOOD.joinings]), DOUBLED, "such as alike"),
        (
            GOOD._replace(joinings=[*GOOD.joinings, Joining(NOBODYS, "gone", "equal", ["we"])]),
            ALTERED,
            "what is no field: {'we'}",
        ),
        (GOOD._replace(pairs=[Pair(("first", H1), ("gone", H4))]), ALTERED, "pairs that had to lapse"),
        (GOOD._replace(pairs=[Pair(("first", H4), ("other", H3))]), ALTERED, "pairs that had to lapse"),
    ],
)
def test_what_is_wrong_is_found(doctored: Clusters, wrong: Wrong, words: str) -> None:
    assert [finding for finding in told(doctored) if finding.wrong is wrong and words in finding.what]


def test_a_person_may_move_a_memory_again_and_again() -> None:
    moved = [Joining(ONE, "alike", "review", []), Joining(NOBODYS, "alike", "same", [])]
    assert told(GOOD._replace(joinings=[*GOOD.joinings, *moved, *moved])) == []


def test_owners_that_are_mixed() -> None:
    bobs = stories.event("bobs", "bobs", owner="bob", content="nobody knew")
    written = published()
    written.write_down([Note(0, 100, b"bobs", wire.encode(bobs), Ending.PLACED)])
    mixed = GOOD._replace(members=[*GOOD.members, Member("bobs", TWO, False, H3, "nobody knew")])
    assert any("of several owners" in finding.what for finding in check_clusters(written, mixed))


@pytest.mark.parametrize(
    ("text", "is_good"), [("We  walked", True), ("we WALKED ", True), (None, True), ("we sat", False), ("", False)]
)
def test_a_text_in_the_words_of_another_that_says_the_same(text: str | None, is_good: bool) -> None:
    wanted = memory_row(event_in(wire.encode(FIRST)))
    found = tuple(text if column == "content" else value for column, value in zip(MEMORY_COLUMNS, wanted, strict=True))
    assert agrees_but_for_wording(found, wanted) is is_good
    assert not agrees_but_for_wording((*found[:-1], "other"), wanted)


def test_the_text_of_a_deleted_memory() -> None:
    wanted = memory_row(event_in(wire.encode(GONE[1])))
    found = tuple(
        "it was" if column == "content" else value for column, value in zip(MEMORY_COLUMNS, wanted, strict=True)
    )
    assert agrees_but_for_wording(wanted, wanted) and not agrees_but_for_wording(found, wanted)


class TestRetelling:
    """The stream out of which clusters form."""

    EVENTS = tuple(retold(each) for each in sample_events.events(2_000))

    def test_it_is_the_same_for_the_same_event(self) -> None:
        assert tuple(retold(each) for each in sample_events.events(2_000)) == self.EVENTS

    def test_some_say_the_same_and_some_say_no_more(self) -> None:
        sayings = Counter(saying(event_in(wire.encode(each))) for each in self.EVENTS)
        same = sum(times - 1 for times in sayings.values())
        assert 200 < same < 1_500

    def test_a_memory_keeps_its_owner(self) -> None:
        chance = random.Random(7)
        for each in sample_events.events(50):
            before, after = (
                retold(each).memory,
                retold(sample_events.updated(chance, each, timedelta(minutes=1))).memory,
            )
            assert before and after and before.owner_id == after.owner_id

    def test_a_deletion_stays_as_it_is(self) -> None:
        assert retold(GONE[1]) is GONE[1]

    def test_every_event_is_valid(self) -> None:
        assert all(validate(to_raw(each)) == each for each in self.EVENTS)
