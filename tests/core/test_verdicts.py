"""How a batch ends: the same, however it is cut into batches."""

from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consumer.memory.model import MemoryEvent
from consumer.memory.ordering import State, after
from consumer.records import DELETED, OVERTAKEN, SAME_EVENT, UPDATED, Kind
from consumer.verdicts import Deciding, Knowledge, Verdicts, database_refused, decide_batch, totals
from tests.stories import event, plan

events = st.lists(
    st.builds(
        event,
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.sampled_from(["m1", "m2"]),
        minute=st.integers(0, 3),
        owner=st.sampled_from(["ann", "bob"]),
        deleted=st.sampled_from([False, False, False, True]),
    ),
    max_size=12,
)


class Database:
    """Remembers what a database would, and nothing else."""

    def __init__(self) -> None:
        self.ledger: dict[UUID, str] = {}
        self.states: dict[str, State] = {}

    def take(self, batch: Sequence[MemoryEvent]) -> Verdicts:
        verdicts = decide_batch(plan(batch).arrivals, Knowledge(self.ledger, self.states))
        self.ledger |= {event_id: batch[place].memory_id for event_id, place in verdicts.accepted.items()}
        self.states = self.states | {
            batch[place].memory_id: after(batch[place]) for place in [*verdicts.creates, *verdicts.updates]
        }
        return verdicts


@given(events, st.integers(1, 5))
def test_the_size_of_batches_makes_no_difference(story: list[MemoryEvent], size: int) -> None:
    at_once, in_parts = Database(), Database()
    whole = at_once.take(story)
    parts = [in_parts.take(story[start : start + size]) for start in range(0, len(story), size)]
    assert (at_once.ledger, at_once.states) == (in_parts.ledger, in_parts.states)
    assert whole.counts == sum((part.counts for part in parts), start=type(whole.counts)())
    assert [letter.code for letter in whole.rejections] == [letter.code for part in parts for letter in part.rejections]


@given(events, st.integers(1, 5))
def test_a_batch_decided_in_runs_ends_as_one_decided_at_once(story: list[MemoryEvent], size: int) -> None:
    arrivals = plan(story).arrivals
    deciding = Deciding(arrivals, Knowledge())
    for start in range(0, len(story), size):
        deciding.keep(deciding.decide(range(start, min(start + size, len(story)))))
    at_once, in_runs = decide_batch(arrivals, Knowledge()), deciding.verdicts
    assert (in_runs.counts, in_runs.rejections, in_runs.accepted) == (
        at_once.counts,
        at_once.rejections,
        at_once.accepted,
    )


@given(events)
def test_every_event_ends_exactly_once(story: list[MemoryEvent]) -> None:
    verdicts = Database().take(story)
    assert sum(verdicts.counts.values()) + len(verdicts.rejections) == len(story)
    written = [story[place].memory_id for place in [*verdicts.creates, *verdicts.updates]]
    assert len(written) == len(set(written)), "one row a memory"


def test_an_event_that_the_database_refused_counts_for_nothing() -> None:
    """What came before it stands, and its id stays free."""
    arrivals = plan([event("a"), event("b", minute=1), event("b", minute=1)]).arrivals
    refused = {place: database_refused(arrivals[place], "no", "ValueError") for place in (1, 2)}
    verdicts = decide_batch(arrivals, Knowledge(refused=refused))
    assert (verdicts.creates, list(verdicts.accepted.values())) == ([0], [0])
    assert [letter.code for letter in verdicts.rejections] == ["row_refused"] * 2


def test_a_known_event_is_a_duplicate_even_where_its_row_would_be_refused() -> None:
    arrivals = plan([event("a")]).arrivals
    refused = {0: database_refused(arrivals[0], "no", "ValueError")}
    verdicts = decide_batch(arrivals, Knowledge(ledger={arrivals[0].event.event_id: "m1"}, refused=refused))
    assert totals(verdicts.counts) == {SAME_EVENT: 1}
    assert verdicts.rejections == []


def test_reasons_are_counted_apart() -> None:
    database = Database()
    database.take([event("a", minute=2)])
    verdicts = database.take(
        [event("a"), event("b", minute=1), event("c", minute=3), event("d", deleted=True), event("e", minute=9)]
    )
    assert totals(verdicts.counts) == {SAME_EVENT: 1, OVERTAKEN: 2, UPDATED: 1, DELETED: 1}
    assert all(counted.outcome.kind in (Kind.STORED, Kind.DUPLICATE) for counted in verdicts.counts)


def test_an_id_makes_no_line_of_its_own_in_what_is_said_of_it() -> None:
    forged = "m\nall is well"
    story = [event("a", forged), event("a", "m1"), event("b", forged, owner="bob"), event("a", forged + "!")]
    rejections = Database().take(story).rejections
    assert [each.code for each in rejections] == ["event_id_reused", "owner_changed", "event_id_reused"]
    assert all(r"m\nall is well" in each.message and "\n" not in each.message for each in rejections)
    assert not any("\n" in error.expected for each in rejections for error in each.errors)
