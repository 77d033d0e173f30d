"""Positions moved by hand: what is planned, and what is refused."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from consumer import moves
from consumer.adapters.sql.operations import PartitionRow
from consumer.errors import Fatal
from consumer.moves import Aim, Move, as_it_stands, plan
from consumer.positions import Because, stamp
from consumer.records import Claim, Committed, Found, TopicPartition
from consumer.standing import Standing
from tests.stories import MEMORIES

OTHER = TopicPartition("memories", 1)
NEVER = datetime(2026, 3, 1, tzinfo=UTC)
ROW = PartitionRow(MEMORIES, "a", 3, 7, 50, None, 0, 0, 0, 0, 0, 0, NEVER)
FOUND = Found("a", None, earliest=10, end=90)
STAMPED = stamp(Claim(MEMORIES, 1, 0, 1))
BACK, ON = Because.REWOUND, Because.SKIPPED


@pytest.mark.parametrize(
    ("because", "aim", "to"),
    [
        (BACK, moves.to_earliest, 10),
        (ON, moves.to_latest, 90),
        (BACK, moves.to_offset(20), 20),
        (BACK, moves.by(-40), 10),
        (ON, moves.by(40), 90),
        (ON, moves.to_first_of({MEMORIES: 60}), 60),
        (ON, moves.to_first_of({MEMORIES: None}), 90),
    ],
)
def test_where_a_move_leads(because: Because, aim: Aim, to: int) -> None:
    skipped = to - 50 if because is ON else 0
    (move,) = plan(because, [Standing(MEMORIES, ROW, FOUND)], aim)
    assert move == Move(MEMORIES, because, 50, to, incarnation=3)
    assert (move.distance, move.skipped) == (abs(to - 50), skipped)


@pytest.mark.parametrize(
    ("because", "aim", "says"),
    [
        (BACK, moves.to_latest, "memories[0]: a rewind does not go forward, from 50 to 90"),
        (ON, moves.to_earliest, "memories[0]: a skip does not go back, from 50 to 10"),
        (BACK, moves.by(-41), "memories[0]: 9 is not within what Kafka has, 10 up to 90"),
        (ON, moves.by(41), "memories[0]: 91 is not within what Kafka has, 10 up to 90"),
    ],
)
def test_what_is_refused(because: Because, aim: Aim, says: str) -> None:
    with pytest.raises(Fatal, match=re.escape(says)):
        plan(because, [Standing(MEMORIES, ROW, FOUND)], aim)


def test_one_refusal_refuses_all_and_all_are_told() -> None:
    made_anew = Standing(MEMORIES, ROW, replace(FOUND, topic_id="b"))
    gone, fit = Standing(OTHER, replace(ROW, source=OTHER), None), Standing(MEMORIES, ROW, FOUND)
    with pytest.raises(
        Fatal, match=r"memories\[0\]: the topic was made anew.*; memories\[1\]: Kafka has no such partition"
    ):
        plan(BACK, [fit, made_anew, gone], moves.to_earliest)


def test_of_a_thousand_refusals_a_few_are_told() -> None:
    many = [Standing(TopicPartition("memories", number), ROW, None) for number in range(1_000)]
    with pytest.raises(Fatal, match=r"memories\[4\]: Kafka has no such partition; and 995 more$"):
        plan(BACK, many, moves.to_earliest)


def test_what_was_never_read_or_stands_there_already_is_not_moved() -> None:
    there = Standing(MEMORIES, replace(ROW, next_offset=10), FOUND)
    assert plan(BACK, [there, Standing(OTHER, None, FOUND)], moves.to_earliest) == []


def test_a_skip_leads_back_to_what_retention_left() -> None:
    (move,) = plan(ON, [Standing(MEMORIES, replace(ROW, next_offset=4), FOUND)], moves.to_earliest)
    assert (move.to_offset, move.skipped) == (10, 6)


def test_a_rewind_leads_back_into_a_topic_that_was_cut_short() -> None:
    (move,) = plan(BACK, [Standing(MEMORIES, replace(ROW, next_offset=120), FOUND)], moves.to_latest)
    assert (move.to_offset, move.distance) == (90, 30)


@pytest.mark.parametrize(("metadata", "obeyed"), [("", 70), (STAMPED, None)])
def test_an_older_position_of_an_operators_is_not_obeyed_any_more(metadata: str, obeyed: int | None) -> None:
    found = replace(FOUND, committed=Committed(70, metadata))
    assert plan(BACK, [Standing(MEMORIES, ROW, found)], moves.to_earliest)[0].obeyed_offset == obeyed


def test_a_group_that_read_on_meanwhile_is_moved_from_where_it_stands() -> None:
    move = Move(MEMORIES, ON, 50, 70, incarnation=3)
    assert as_it_stands(move, 60, 3).skipped == 10
    with pytest.raises(Fatal, match="a skip does not go back, from 80 to 70"):
        as_it_stands(move, 80, 3)


def test_a_position_that_somebody_else_moved_meanwhile_is_left_alone() -> None:
    with pytest.raises(Fatal, match="moved by somebody else meanwhile"):
        as_it_stands(Move(MEMORIES, ON, 50, 70, incarnation=3), 50, 4)
