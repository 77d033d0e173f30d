"""Keys that somebody else takes while a batch is being written: each is learned, however often it happens."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, event

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.memory.model import MemoryEvent
from consumer.records import CREATED, UPDATED, Category, Kind, Outcome
from tests.contracts.desk import Desk
from tests.stories import event as told

REUSED = Outcome(Kind.DEAD_LETTERED, Category.DEDUPLICATION)


@pytest.fixture
def desks(fresh_database: Callable[[], str]) -> Iterator[tuple[Desk, Desk]]:
    """Two consumers of one database, each with connections of its own."""
    url = fresh_database()
    with ExitStack() as opened:
        engines = [open_engine(url), open_engine(url)]
        for engine in engines:
            opened.callback(engine.dispose)
        upgrade(engines[0])
        slow, quick = Desk(engines[0], "g"), Desk(engines[1], "h")
        slow.claim()
        quick.claim()
        yield slow, quick


def before_each(engine: Engine, statement: str, works: Sequence[Callable[[], object]]) -> list[None]:
    """Do one of these just before each such statement of this engine. Returns what grows with what was done."""
    left, done = iter(works), list[None]()

    def look(_connection: object, _cursor: object, executed: str, *_rest: object) -> None:
        if executed.startswith(statement) and (work := next(left, None)):
            done.append(None)
            work()

    event.listen(engine, "before_cursor_execute", look)
    return done


def writing(desk: Desk, what: MemoryEvent) -> Callable[[], object]:
    return lambda: desk.write([what])


def test_memories_that_come_into_being_one_after_the_other(desks: tuple[Desk, Desk]) -> None:
    """The second when the batch has learned of the first, and writes again."""
    slow, quick = desks
    theirs = [writing(quick, told("x", "m1")), writing(quick, told("y", "m2"))]
    done = before_each(slow.engine, "INSERT INTO memories", theirs)
    batch = [told("a", "m1", minute=1), told("b", "m2", minute=1), told("c", "m3")]
    assert slow.write(batch).tally == {UPDATED: 2, CREATED: 1}
    assert len(done) == 2
    assert slow.contents() == {"m1": "what a tells", "m2": "what b tells", "m3": "what c tells"}


def test_event_ids_that_are_taken_one_after_the_other(desks: tuple[Desk, Desk]) -> None:
    slow, quick = desks
    theirs = [writing(quick, told("a", "n1")), writing(quick, told("b", "n2"))]
    done = before_each(slow.engine, "INSERT INTO event_ledger", theirs)
    assert slow.write([told("a", "m1"), told("b", "m2"), told("c", "m3")]).tally == {REUSED: 2, CREATED: 1}
    assert len(done) == 2
    assert slow.contents().keys() == {"n1", "n2", "m3"}
