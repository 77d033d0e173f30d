"""What each batch came to is kept with it, and in total: on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from consumer.adapters.no_filter import NoFilter
from consumer.adapters.sql.operations import Operations
from consumer.adapters.sql.tables import batch_effects
from consumer.effects import COUNTS, Effects
from consumer.memory.model import MemoryEvent
from consumer.ports import SeenFilter
from tests.contracts.clustered import Clustered
from tests.fakes.clock import NOON
from tests.memory.merging.originals import memory
from tests.properties.filters import Exact
from tests.stories import NOON as TOLD_AT
from tests.stories import event_id

TEN = "one two three four five six seven eight nine ten"


def told(name: str, content: str) -> MemoryEvent:
    what = memory(content, sources=["s"], people=["p"])
    return MemoryEvent(event_id(name), "CREATED", name, TOLD_AT, "tests", what)


EVENTS = [
    told("founder", TEN),
    told("founder", TEN),
    told("copy", TEN.upper()),
    told("folded", TEN.replace("one", "eins")),
    told("doubtful", TEN.replace("one two three", "eins zwei drei")),
]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_they_are_counted_once_whatever_the_size_of_batches(engine: Engine, size: int) -> None:
    Clustered(engine).write(EVENTS, size=size)
    effects = Operations(engine).effects("g")
    # The founder has nobody to be compared with; the copy needs no comparing; two are compared with the founder.
    assert (effects.records, effects.duplicates, effects.placed) == (5, 2, 4)
    assert (effects.candidates, effects.merges_tried, effects.merged, effects.doubts) == (2, 2, 1, 1)
    assert rows(engine) == effects


def test_who_is_equal_has_merged_too(engine: Engine) -> None:
    long = " ".join(f"w{number}" for number in range(20))
    Clustered(engine).write([told("founder", long), told("equal", f"{long} more"), told("same", long)])
    effects = Operations(engine).effects("g")
    assert (effects.merges_tried, effects.merged, effects.duplicates) == (1, 1, 2)


def test_a_pair_that_is_noted_already_is_not_counted_again(engine: Engine) -> None:
    store = Clustered(engine)
    store.write([EVENTS[0], EVENTS[-1]])
    store.write(
        [replace(EVENTS[-1], event_id=event_id("again")), told("second", TEN.replace("eight nine ten", "8 9 10"))]
    )
    assert Operations(engine).effects("g").doubts == 2


class AlarmedOnce(Exact):
    """Takes one new event for one that it knows."""

    def __init__(self) -> None:
        super().__init__()
        self.known.add(EVENTS[3].event_id)


def rows(engine: Engine) -> Effects:
    """The rows of batches, added up."""
    with engine.connect() as connection:
        found = connection.execute(select(*(batch_effects.c[name] for name in COUNTS))).all()
    return sum((Effects(*row) for row in found), Effects())


def test_suspects_are_told_apart(engine: Engine) -> None:
    store = Clustered(engine)
    store.write([EVENTS[0]])
    store.write([EVENTS[0], EVENTS[2]])
    effects = Operations(engine).effects("g")
    assert (effects.confirmed, effects.false_alarms) == (1, 2)


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize(("seen", "counts"), [(NoFilter, (6, 5)), (Exact, (6, 0)), (AlarmedOnce, (6, 1))])
def test_suspects_are_the_same_whatever_the_size_of_batches(
    engine: Engine, size: int, seen: Callable[[], SeenFilter], counts: tuple[int, int]
) -> None:
    """Five events are new. The founder comes three times more, the copy once; and somebody else has its id, twice."""
    reused = replace(EVENTS[2], memory_id="another")
    events = [*EVENTS, EVENTS[0], EVENTS[2], reused, told("last", "quite another thing"), reused, EVENTS[0]]
    Clustered(engine, seen=seen()).write(events, size=size)
    effects = Operations(engine).effects("g")
    assert (effects.confirmed, effects.false_alarms) == counts


def test_batches_are_pruned_and_totals_stay(engine: Engine) -> None:
    Clustered(engine).write(EVENTS, size=2)
    operations = Operations(engine)
    before = operations.effects("g")
    assert operations.prune_effects(NOON) == 0
    assert operations.prune_effects(NOON + timedelta(days=1)) == 3
    assert operations.effects("g") == before
    assert rows(engine) == Effects()


def test_a_group_of_which_nothing_was_written_has_none(engine: Engine) -> None:
    assert Operations(engine).effects("nobody") == Effects()
