"""The checker of the siege finds what is wrong: tables and letters that agree are doctored, one thing at a time."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests import stories, wire
from tests.chaos.siege.checker import (
    Finding,
    Letter,
    Move,
    Row,
    Wrong,
    check_contents,
    check_counts,
    check_drained,
    check_letters,
    check_moves,
    expected_counts,
)
from tests.chaos.siege.contents import event_in, memory_row
from tests.chaos.siege.published import Counts, Ending, Note, Published

TOPIC = "memories"
LOST, DOUBLED, ALTERED = Wrong.LOST, Wrong.DOUBLED, Wrong.ALTERED

CREATED = wire.encode(stories.event("created", "m1"))
UPDATED = wire.encode(stories.event("updated", "m1", minute=1))
OVERTAKEN = wire.encode(stories.event("overtaken", "m1", minute=-1))
DELETED = wire.encode(stories.event("deleted", "m2", deleted=True))
NOTES = (
    Note(0, 0, b"m1", CREATED, Ending.STORED),
    Note(0, 1, b"m1", CREATED, Ending.DUPLICATE),
    Note(0, 4, b"m1", UPDATED, Ending.STORED),  # after a gap
    Note(0, 5, b"m1", OVERTAKEN, Ending.DUPLICATE),
    Note(0, 7, b"m2", DELETED, Ending.STORED),
    Note(0, 8, b"m3", b"broken", Ending.LETTER),
    Note(0, 9, b"m4", None, Ending.LETTER),
)
COUNTS = Counts(stored=3, duplicates=2, letters=2)
FIRST = Move(None, 0)


def row(counts: Counts = COUNTS, next_offset: int = 10, *moves: Move, merged: int = 0) -> Row:
    """The row of partition 0, which agrees with itself."""
    by_kind = {**dict(zip(map(str, Ending), counts, strict=True)), "merged": merged}
    return Row(0, next_offset, sum(counts) + merged, counts, merged, moves or (FIRST,), by_kind)


@dataclass
class Evidence:
    """All that is there: at first as it has to be."""

    row: Row = field(default_factory=row)
    memories: dict[str, tuple[Any, ...]] = field(
        default_factory=lambda: {"m1": memory_row(event_in(UPDATED)), "m2": memory_row(event_in(DELETED))}
    )
    ledger: dict[UUID, str] = field(
        default_factory=lambda: {
            **{stories.event_id(name): "m1" for name in ("created", "updated", "overtaken")},
            stories.event_id("deleted"): "m2",
        }
    )
    letters: list[Letter] = field(
        default_factory=lambda: [Letter(f"{TOPIC}-0-{n.offset}", n.key, n.value) for n in NOTES[-2:]]
    )

    def findings(self) -> Iterator[Finding]:
        """What the checker says."""
        published = Published(1)
        published.write_down(NOTES)
        yield from check_counts(published, [self.row])
        yield from check_drained(published, [self.row])
        yield from check_contents(published, self.memories.items(), self.ledger)
        yield from check_letters(published, TOPIC, self.letters)

    def wrong(self) -> list[tuple[Wrong, int]]:
        """In which way how many records are wrong."""
        return [(finding.wrong, finding.records) for finding in self.findings()]


@pytest.fixture
def evidence() -> Evidence:
    """In good order."""
    return Evidence()


def test_good_order_is_found_good(evidence: Evidence) -> None:
    assert evidence.wrong() == []


@pytest.mark.parametrize(
    ("doctored", "wrong"),
    [
        (row(Counts(4, 2, 2)), {DOUBLED}),
        (row(Counts(3, 2, 3)), {DOUBLED}),
        (row(Counts(2, 2, 2)), {LOST}),
        (row(Counts(2, 3, 2)), {LOST, DOUBLED}),
        (row(COUNTS, 10, merged=1), {DOUBLED}),
        (row(Counts(3, 2, 1), 9), {LOST}),
        (row()._replace(read=8), {ALTERED}),
        (row()._replace(by_kind={"stored": 3, "duplicates": 2}), {ALTERED}),
    ],
)
def test_a_counter_that_is_off(evidence: Evidence, doctored: Row, wrong: set[Wrong]) -> None:
    evidence.row = doctored
    found = {finding.wrong for finding in evidence.findings()}
    assert wrong <= found <= wrong | {ALTERED}


@pytest.mark.parametrize(
    ("counts", "merged", "wrong"),
    [
        (Counts(3, 2, 2), 2, set()),
        (Counts(5, 2, 2), 0, set()),
        (Counts(3, 4, 2), 0, set()),
        (Counts(4, 3, 2), 0, set()),
        (Counts(3, 2, 2), 1, {LOST}),
        (Counts(4, 3, 2), 1, {DOUBLED}),
        (Counts(3, 2, 1), 3, {LOST, DOUBLED}),
        (Counts(2, 4, 2), 1, {LOST}),
        (Counts(6, 1, 2), 0, {LOST, DOUBLED}),
    ],
)
def test_two_new_memories_end_as_what_is_like_them(counts: Counts, merged: int, wrong: set[Wrong]) -> None:
    published = Published(1)
    published.write_down([*NOTES, *(Note(0, offset, b"m5", CREATED, Ending.PLACED) for offset in (10, 11))])
    found = {finding.wrong for finding in check_counts(published, [row(counts, 12, merged=merged)])}
    assert wrong == found - {ALTERED}


@pytest.mark.parametrize(
    ("moves", "next_offset", "counts"),
    [
        ((FIRST,), 5, Counts(2, 1, 0)),
        ((FIRST, Move(10, 8)), 10, Counts(3, 2, 4)),
        ((FIRST, Move(5, 0)), 10, Counts(3, 5, 2)),
        ((FIRST, Move(5, 0)), 2, Counts(2, 3, 0)),
        ((FIRST, Move(5, 0), Move(2, 1)), 10, Counts(3, 6, 2)),
        ((FIRST, Move(2, 5)), 10, Counts(2, 2, 2)),
    ],
)
def test_what_is_read_again_ends_as_duplicates_and_letters(
    moves: tuple[Move, ...], next_offset: int, counts: Counts
) -> None:
    published = Published(1)
    published.write_down(NOTES)
    assert expected_counts(published.partitions[0], row(counts, next_offset, *moves)) == counts


@pytest.mark.parametrize(
    ("moves", "rewinds", "findings"),
    [
        ((Move(None, 0, "first_seen"), Move(5, 0)), 1, 0),
        ((Move(None, 0, "first_seen"), Move(5, 0)), 0, 1),
        ((Move(None, 0, "first_seen"),), 1, 1),
        ((Move(None, 0, "first_seen"), Move(5, 0, "row_lost")), 1, 1),
        ((Move(None, 5, "taken_over"),), 0, 1),
    ],
)
def test_a_position_that_no_operator_moved(moves: tuple[Move, ...], rewinds: int, findings: int) -> None:
    assert len(list(check_moves([row(COUNTS, 10, *moves)], rewinds))) == findings


def test_a_memory_that_is_missing(evidence: Evidence) -> None:
    del evidence.memories["m1"]
    assert evidence.wrong() == [(LOST, 1)]


def test_a_memory_that_nobody_published(evidence: Evidence) -> None:
    evidence.memories["ghost"] = evidence.memories["m1"]
    assert evidence.wrong() == [(DOUBLED, 1)]


def test_a_memory_in_an_older_state(evidence: Evidence) -> None:
    evidence.memories["m1"] = memory_row(event_in(CREATED))
    assert evidence.wrong() == [(ALTERED, 1)]


def test_a_deleted_memory_that_lives(evidence: Evidence) -> None:
    evidence.memories["m2"] = evidence.memories["m1"]
    assert evidence.wrong() == [(ALTERED, 1)]


def test_an_event_id_that_is_missing(evidence: Evidence) -> None:
    del evidence.ledger[stories.event_id("overtaken")]
    assert evidence.wrong() == [(LOST, 1)]


def test_an_event_id_that_nobody_published(evidence: Evidence) -> None:
    evidence.ledger[uuid4()] = "m1"
    assert evidence.wrong() == [(DOUBLED, 1)]


def test_an_event_id_of_another_memory(evidence: Evidence) -> None:
    evidence.ledger[stories.event_id("created")] = "m2"
    assert evidence.wrong() == [(ALTERED, 1)]


def test_a_letter_that_is_missing(evidence: Evidence) -> None:
    del evidence.letters[0]
    assert evidence.wrong() == [(LOST, 1)]


def test_a_letter_of_a_good_record(evidence: Evidence) -> None:
    evidence.letters.append(Letter(f"{TOPIC}-0-0", b"m1", CREATED))
    assert evidence.wrong() == [(DOUBLED, 1)]


@pytest.mark.parametrize("changed", [{"value": b"other"}, {"key": b"other"}, {"value": None}])
def test_a_letter_with_other_bytes(evidence: Evidence, changed: dict[str, Any]) -> None:
    evidence.letters[0] = evidence.letters[0]._replace(**changed)
    assert evidence.wrong() == [(ALTERED, 1)]


def test_a_second_copy_of_a_letter_is_allowed(evidence: Evidence) -> None:
    evidence.letters.append(evidence.letters[0])
    assert evidence.wrong() == []


def test_the_checker_knows_nothing_of_the_consumer() -> None:
    modules = "tests.chaos.siege.checker, tests.chaos.siege.cluster_checker, tests.chaos.siege.evidence"
    loaded = subprocess.check_output([sys.executable, "-c", f"import sys, {modules}; print(*sys.modules)"], text=True)
    assert [name for name in loaded.split() if name.partition(".")[0] == "consumer"] == []
