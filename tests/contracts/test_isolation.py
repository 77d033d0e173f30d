"""Of a batch exactly those events are refused that the database will not have, on PostgreSQL and on SQLite alike."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import ceil, log2
from typing import Any

import pytest
from sqlalchemy import Engine, event

from consumer.errors import BreakerOpen, Transient
from consumer.memory.model import MemoryEvent
from consumer.records import CREATED, UPDATED, Kind, Outcome
from tests.contracts.desk import Desk
from tests.stories import event as told

DATABASE = Outcome(Kind.DEAD_LETTERED, "database")
MANY = 5_000
LEVELS = ceil(log2(MANY))
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@contextmanager
def counted(engine: Engine) -> Iterator[Counter[str]]:
    """Statements within, by their first two words."""
    seen: Counter[str] = Counter()

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen[" ".join(statement.split()[:2])] += 1
        seen["INSERT INTO memories"] += statement.startswith("INSERT INTO memories")

    event.listen(engine, "before_cursor_execute", count)
    yield seen
    event.remove(engine, "before_cursor_execute", count)


def told_with(bad: set[int], count: int) -> list[MemoryEvent]:
    """So many events, each of its own memory; the bad ones of a content that the database refuses."""
    return [told(f"e{n}", f"m{n}", content=f"poison {n}" if n in bad else None) for n in range(count)]


def changed(number: int, **fields: Any) -> MemoryEvent:
    """A valid event with other values in its memory, past all validation."""
    whole = told(f"e{number}", f"m{number}")
    assert whole.memory is not None
    return replace(whole, memory=replace(whole.memory, **fields))


@pytest.mark.parametrize("bad", [1, 2, 10])
def test_bad_rows_among_many_good_ones(desk: Desk, bad: int) -> None:
    desk.forbid("poison")
    places = set(random.Random(bad).sample(range(MANY), bad))
    with counted(desk.engine) as seen:
        written = desk.write(told_with(places, MANY))
    assert written.tally == {CREATED: MANY - bad, DATABASE: bad}
    assert [letter.record.offset for letter in desk.letters] == sorted(places)
    assert desk.contents().keys() == {f"m{n}" for n in range(MANY)} - {f"m{n}" for n in places}
    assert seen["INSERT INTO memories"] <= bad * (LEVELS + 2 + _mutual(desk))


@pytest.mark.parametrize("count", [400, pytest.param(MANY, marks=pytest.mark.proof)])
@pytest.mark.parametrize("memories", ["of many memories", "of one memory"])
def test_nothing_but_bad_rows(desk: Desk, count: int, memories: str) -> None:
    desk.forbid("poison")
    events = told_with(set(range(count)), count)
    if memories == "of one memory":
        events = [replace(each, memory_id="m") for each in events]
    with counted(desk.engine) as seen:
        assert desk.write(events).tally == {DATABASE: count}
    assert desk.contents() == {} and desk.ledger() == set()
    levels = ceil(log2(count))
    assert seen["INSERT INTO memories"] <= count + (levels + 1) * (levels + 4) / 2 + 1 + levels * _mutual(desk)


def test_one_bad_event_at_the_end_of_many_of_its_memory(desk: Desk) -> None:
    """Its states are folded, the folded row fails, and the state before it is written."""
    desk.forbid("poison")
    events = [told(f"e{n}", minute=n, content="poison" if n == 999 else None) for n in range(1_000)]
    with counted(desk.engine) as seen:
        assert desk.write(events).tally == {CREATED: 1, UPDATED: 998, DATABASE: 1}
    assert desk.contents() == {"m1": "what e998 tells"}
    assert len(desk.ledger()) == 999
    assert seen["INSERT INTO memories"] + seen["UPDATE memories"] <= ceil(log2(1_000)) + 2 + _mutual(desk)


def test_a_flood_is_not_searched_to_its_end(desk: Desk) -> None:
    desk.forbid("poison")
    desk.bears = 2
    with counted(desk.engine) as seen, pytest.raises(BreakerOpen):
        desk.write(told_with(set(range(100, 1_000)), 1_000))
    assert seen["INSERT INTO memories"] <= 3 * (ceil(log2(1_000)) + 2 + _mutual(desk))
    assert desk.contents() == {}


ONLY_ONCE = {
    "index": "CREATE UNIQUE INDEX only_once ON memories (content)",
    "deferred": "ALTER TABLE memories ADD CONSTRAINT only_once UNIQUE (content) DEFERRABLE INITIALLY DEFERRED",
    "exclusion": "ALTER TABLE memories ADD CONSTRAINT only_once EXCLUDE (content WITH =)",
}
"""Rules by which an operator keeps a content from being stored twice."""


@pytest.mark.parametrize(
    ("url", "rule"), [("sqlite", "index"), *(("postgresql", rule) for rule in ONLY_ONCE)], indirect=["url"]
)
class TestBesideAnother:
    """Rows that are bad only beside another: the one that was read first stays."""

    @pytest.fixture
    def unique(self, desk: Desk, rule: str) -> Desk:
        desk.alter(ONLY_ONCE[rule])
        return desk

    def test_of_two_of_a_batch_the_earlier_stays(self, unique: Desk) -> None:
        events = [told(f"e{n}", f"m{n}") for n in range(300)]
        for earlier, later in ((250, 40), (41, 299), (6, 7)):
            first, second = sorted((earlier, later))
            events[second] = told(f"e{second}", f"m{second}", content=f"what e{first} tells")
        assert unique.write(events).tally == {CREATED: 297, DATABASE: 3}
        assert [letter.record.offset for letter in unique.letters] == [7, 250, 299]
        assert len(unique.contents()) == len(unique.ledger()) == 297

    def test_what_was_stored_before_stays(self, unique: Desk) -> None:
        unique.write([told("a", "m1")])
        assert unique.write([told("b", "m2", content="what a tells"), told("c", "m3")]).tally == {
            CREATED: 1,
            DATABASE: 1,
        }
        assert unique.contents() == {"m1": "what a tells", "m3": "what c tells"}

    def test_a_row_in_whose_way_another_was_only_for_a_moment_is_stored(self, unique: Desk) -> None:
        """Alone, behind what came before it, there is nothing wrong with it."""
        unique.write([told("a", "m1", content="wanted")])
        written = unique.write([told("b", "m1", minute=1), told("c", "m2", content="wanted")])
        assert written.tally == {UPDATED: 1, CREATED: 1}
        assert unique.contents() == {"m1": "what b tells", "m2": "wanted"}


@ON_POSTGRESQL
def test_a_deferred_trigger_is_asked_before_the_commit(desk: Desk) -> None:
    desk.alter(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.content LIKE 'poison%' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NULL; END $$"
    )
    desk.alter(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON memories"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    assert desk.write(told_with({3, 17}, 50)).tally == {CREATED: 48, DATABASE: 2}
    assert [letter.record.offset for letter in desk.letters] == [3, 17]
    assert all("not this one" in letter.message for letter in desk.letters)


@ON_POSTGRESQL
def test_a_trigger_that_drops_rows_in_silence_does_not_keep_us_busy_for_ever(desk: Desk) -> None:
    desk.alter("CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
    desk.alter("CREATE TRIGGER skip BEFORE INSERT ON memories FOR EACH ROW EXECUTE FUNCTION skip()")
    with pytest.raises(Transient, match="says nothing"):
        desk.write([told("a")])


HALF_A_PAIR = "half a pair: \ud800"

UNSTAGEABLE: dict[str, Callable[[int], MemoryEvent]] = {
    "content that is no Unicode": lambda number: changed(number, content=HALF_A_PAIR),
    "memory_id that is no Unicode": lambda number: replace(changed(number), memory_id=HALF_A_PAIR),
    "document that is no Unicode": lambda number: changed(number, tags=[HALF_A_PAIR]),
    "content with NUL": lambda number: changed(number, content="a\0b"),
    "memory_id with NUL": lambda number: replace(changed(number), memory_id="a\0b"),
    "document with NUL": lambda number: changed(number, metadata={"a": "b\0"}),
    "producer too long": lambda number: replace(changed(number), producer="p" * 256),
    "memory_id too long": lambda number: replace(changed(number), memory_id="m" * 256),
    "confidence that is no number": lambda number: changed(number, confidence="much"),
    "occurred_at that is no time": lambda number: replace(changed(number), occurred_at="noon"),  # type: ignore[arg-type]
    "occurred_at before all time": lambda number: replace(changed(number), occurred_at="5000-01-01 BC"),  # type: ignore[arg-type]
}
SQLITE_REFUSES = [name for name in UNSTAGEABLE if name.endswith("no Unicode")]
"""The rest it takes as it comes: validation keeps that from it."""


@pytest.mark.parametrize(
    ("url", "name"),
    [*(("postgresql", name) for name in UNSTAGEABLE), *(("sqlite", name) for name in SQLITE_REFUSES)],
    indirect=["url"],
)
def test_what_can_not_even_be_staged_is_one_rejection(desk: Desk, name: str) -> None:
    events = told_with(set(), 100)
    events[70] = UNSTAGEABLE[name](70)
    written = desk.write(events)
    assert written.tally == {CREATED: 99, DATABASE: 1}
    assert [(letter.record.offset, letter.code) for letter in desk.letters] == [(70, "row_refused")]
    assert len(desk.contents()) == len(desk.ledger()) == 99


def test_one_row_of_many_that_can_not_be_staged_costs_a_logarithm(desk: Desk) -> None:
    events = told_with(set(), MANY)
    events[3_333] = changed(3_333, content=HALF_A_PAIR)
    with counted(desk.engine) as seen:
        assert desk.write(events).tally == {CREATED: MANY - 1, DATABASE: 1}
    # Each attempt, whether it was a COPY or a statement, ends in one of these.
    writing = 2
    assert seen["ROLLBACK TO"] + seen["RELEASE SAVEPOINT"] <= LEVELS + 2 + writing


def test_every_kind_of_refusal_in_one_batch(desk: Desk) -> None:
    """At staging, at the write, and folded; each event ends once."""
    desk.forbid("poison")
    events = [
        told("a", "m1"),
        replace(changed(1), memory_id=HALF_A_PAIR),
        told("b", "m2", content="poison"),
        told("c", "m2", minute=1),
        told("d", "m1", minute=2, content="poison"),
        changed(5, tags=[HALF_A_PAIR]),
        told("e", "m3"),
    ]
    assert desk.write(events).tally == {CREATED: 3, DATABASE: 4}
    assert [letter.record.offset for letter in desk.letters] == [1, 2, 4, 5]
    assert desk.contents() == {"m1": "what a tells", "m2": "what c tells", "m3": "what e tells"}


def _mutual(desk: Desk) -> int:
    """What a refusal may cost besides: SQLite refuses by a trigger here, which may have looked at other rows."""
    return int(desk.engine.dialect.name == "sqlite")
