"""Where reading starts, for everything that the row and Kafka can say of each other."""

from dataclasses import replace

import pytest

from consumer.errors import Fatal, Transient
from consumer.positions import Because, Fate, Known, OutOfRange, Start, became_of, stamp, start
from consumer.records import Claim, Committed, Found
from tests.stories import MEMORIES

OURS = stamp(Claim(MEMORIES, epoch=3, next_offset=0, incarnation=2))
ROW = Known(topic_id="a", incarnation=2, next_offset=50)


def found(committed: Committed | None, topic_id: str | None = "a") -> Found:
    return Found(topic_id, committed, earliest=10, end=99)


@pytest.mark.parametrize(
    ("known", "found", "expected"),
    [
        pytest.param(None, found(None), Start(10, 1, Because.FIRST_SEEN), id="nobody was here before"),
        pytest.param(
            None,
            found(Committed(30, "")),
            Start(30, 1, Because.TAKEN_OVER, obeyed_offset=30),
            id="another consumer was",
        ),
        pytest.param(
            None, found(Committed(30, OURS)), Start(10, 1, Because.ROW_LOST), id="we were, and the row is gone"
        ),
        pytest.param(ROW, found(None), Start(50, 2, Because.RESUMED), id="Kafka forgot the group"),
        pytest.param(ROW, found(Committed(50, OURS)), Start(50, 2, Because.RESUMED), id="they agree"),
        pytest.param(ROW, found(Committed(40, OURS)), Start(50, 2, Because.RESUMED), id="a crash before the offset"),
        pytest.param(ROW, found(Committed(90, OURS)), Start(50, 2, Because.RESUMED), id="the database was restored"),
        pytest.param(
            ROW, found(Committed(50, "")), Start(50, 2, Because.RESUMED, obeyed_offset=50), id="moved to where it stood"
        ),
        pytest.param(
            replace(ROW, obeyed_offset=20),
            found(Committed(20, "")),
            Start(50, 2, Because.RESUMED, obeyed_offset=20),
            id="an operator who was obeyed already",
        ),
        pytest.param(
            ROW,
            found(Committed(90, "")),
            Start(90, 3, Because.MOVED_BY_OPERATOR, skipped=40, obeyed_offset=90),
            id="an operator skips",
        ),
        pytest.param(
            ROW,
            found(Committed(20, "")),
            Start(20, 3, Because.MOVED_BY_OPERATOR, obeyed_offset=20),
            id="an operator rewinds",
        ),
        pytest.param(ROW, found(Committed(50, OURS), "b"), Start(10, 3, Because.TOPIC_RECREATED), id="another topic"),
        pytest.param(
            replace(ROW, topic_id=None),
            found(Committed(50, OURS), None),
            Start(50, 2, Because.RESUMED),
            id="a cluster without ids",
        ),
    ],
)
def test_where_to_start(known: Known | None, found: Found, expected: Start) -> None:
    assert start(MEMORIES, known, found) == expected


def test_a_topic_that_had_an_id_is_not_read_while_nobody_tells_whether_it_is_the_same() -> None:
    with pytest.raises(Transient, match="which topic memories is"):
        start(MEMORIES, ROW, found(Committed(50, OURS), None))


@pytest.mark.parametrize(
    ("known", "found", "expected"),
    [
        pytest.param(
            replace(ROW, next_offset=4),
            found(Committed(4, OURS)),
            Start(10, 3, Because.OUT_OF_RANGE, skipped=6),
            id="retention was faster",
        ),
        pytest.param(
            replace(ROW, next_offset=100), found(None), Start(10, 3, Because.OUT_OF_RANGE), id="the topic was cut short"
        ),
        pytest.param(
            ROW,
            found(Committed(2, "")),
            Start(10, 3, Because.OUT_OF_RANGE, skipped=8, obeyed_offset=2),
            id="an operator rewound too far",
        ),
        pytest.param(
            None,
            found(Committed(7, "")),
            Start(10, 1, Because.OUT_OF_RANGE, skipped=3, obeyed_offset=7),
            id="another consumer left off too long ago",
        ),
    ],
)
def test_out_of_range(known: Known | None, found: Found, expected: Start) -> None:
    """It stops, saying what there is; or goes on at the earliest record, where that was asked for."""
    with pytest.raises(Fatal, match=r"memories\[0\] .* it has 10 up to 99") as raised:
        start(MEMORIES, known, found)
    assert "CONSUMER_ON_OUT_OF_RANGE" in raised.value.advice
    assert start(MEMORIES, known, found, OutOfRange.EARLIEST) == expected


@pytest.mark.parametrize("offset", [10, 99])
def test_the_first_offset_and_the_one_to_be_written_next_are_in_range(offset: int) -> None:
    known = replace(ROW, next_offset=offset)
    assert start(MEMORIES, known, found(None)) == Start(offset, 2, Because.RESUMED)


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        pytest.param(Claim(MEMORIES, 3, 50, 2), Fate.KEPT, id="nothing happened"),
        pytest.param(Claim(MEMORIES, 3, 60, 2), Fate.KEPT, id="our write went through after all"),
        pytest.param(Claim(MEMORIES, 3, 40, 2), Fate.WENT_BACK, id="commits were lost"),
        pytest.param(Claim(MEMORIES, 2, 60, 2), Fate.WENT_BACK, id="our claim was lost"),
        pytest.param(None, Fate.WENT_BACK, id="the row was lost"),
        pytest.param(Claim(MEMORIES, 4, 40, 2), Fate.TAKEN, id="another consumer"),
        pytest.param(Claim(MEMORIES, 4, 40, 3), Fate.MOVED_BY_HAND, id="an operator"),
        pytest.param(Claim(MEMORIES, 5, 40, 4), Fate.MOVED_BY_HAND, id="an operator, twice"),
        pytest.param(Claim(MEMORIES, 5, 40, 3), Fate.TAKEN, id="an operator, then another consumer"),
    ],
)
def test_what_became_of_a_title(row: Claim | None, fate: Fate) -> None:
    assert became_of(Claim(MEMORIES, epoch=3, next_offset=50, incarnation=2), row) is fate


def test_whatever_is_not_simply_going_on_is_loud() -> None:
    assert {because for because in Because if not Start(0, 1, because).is_loud} == {
        Because.RESUMED,
        Because.FIRST_SEEN,
        Because.TAKEN_OVER,
    }


@pytest.mark.parametrize("policy", OutOfRange)
def test_an_end_that_is_older_than_the_row_is_no_end(policy: OutOfRange) -> None:
    """Somebody read on between the question to Kafka and the claim: the process was frozen there."""
    read_on, asked_at = replace(ROW, next_offset=120), replace(found(None), reached=80)
    with pytest.raises(Transient, match="was read on by another consumer"):
        start(MEMORIES, read_on, asked_at, policy)


def test_an_end_below_what_the_row_had_reached_before_is_one() -> None:
    cut_short, asked_at = replace(ROW, next_offset=120), replace(found(None), reached=120)
    with pytest.raises(Fatal, match="the topic was cut short"):
        start(MEMORIES, cut_short, asked_at)
