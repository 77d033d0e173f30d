"""Where reading starts, for everything that the row and Kafka can say of each other."""

from dataclasses import replace

import pytest

from consumer.positions import Because, Known, Start, stamp, start
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
        pytest.param(ROW, found(Committed(50, OURS), None), Start(50, 2, Because.RESUMED), id="no topic id"),
    ],
)
def test_where_to_start(known: Known | None, found: Found, expected: Start) -> None:
    assert start(known, found) == expected


def test_only_what_a_person_should_hear_of_is_loud() -> None:
    assert {because for because in Because if Start(0, 1, because).is_loud} == {
        Because.MOVED_BY_OPERATOR,
        Because.ROW_LOST,
        Because.TOPIC_RECREATED,
    }
