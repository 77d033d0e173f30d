"""What rebalances leave behind, without Kafka."""

from collections.abc import Callable

import pytest

from consumer.adapters.kafka.assignment import PartitionNotes
from consumer.records import Changes, Committed, TopicPartition

ZERO, ONE = TopicPartition("memories", 0), TopicPartition("memories", 1)


def test_changes_are_told_once() -> None:
    notes = PartitionNotes()
    notes.assign([ZERO, ONE])
    assert notes.changes() == Changes(frozenset(), frozenset({ZERO, ONE}))
    notes.take_away([ONE])
    assert notes.changes() == Changes(frozenset({ONE}), frozenset())
    assert notes.changes() == Changes()


def test_taken_away_and_given_back_is_both() -> None:
    notes = PartitionNotes()
    notes.assign([ZERO])
    notes.changes()
    notes.take_away([ZERO])
    notes.assign([ZERO])
    assert notes.changes() == Changes(frozenset({ZERO}), frozenset({ZERO}))


def test_given_and_taken_away_between_two_looks_is_only_gone() -> None:
    notes = PartitionNotes()
    notes.assign([ZERO])
    notes.take_away([ZERO])
    assert notes.changes() == Changes(frozenset({ZERO}), frozenset())


def test_what_comes_back_has_to_be_started_anew() -> None:
    notes = PartitionNotes()
    notes.assign([ZERO])
    notes.start(ZERO, 5)
    assert notes.started == {("memories", 0): ZERO}
    notes.take_away([ZERO])
    notes.assign([ZERO])
    assert not notes.started


def test_a_position_has_moved_when_it_is_not_the_one_started_from_or_committed_last() -> None:
    notes = PartitionNotes()
    assert not notes.has_moved(ZERO, 5), "not ours"
    notes.assign([ZERO])
    assert not notes.has_moved(ZERO, 5), "not started"
    notes.start(ZERO, 5)
    assert not notes.has_moved(ZERO, 5)
    assert notes.has_moved(ZERO, 6)
    notes.committed(ZERO, 6)
    assert not notes.has_moved(ZERO, 6)


def test_a_start_elsewhere_than_the_group_stands_has_moved() -> None:
    """After a crash between the database and Kafka the group's position is behind until it is written again."""
    notes = PartitionNotes()
    notes.assign([ZERO])
    notes.found(ZERO, Committed(3, ""))
    notes.start(ZERO, 5)
    assert notes.has_moved(ZERO, 5)


def test_a_position_that_was_refused_is_to_be_sent_again_until_it_is() -> None:
    notes = PartitionNotes()
    notes.assign([ZERO])
    notes.start(ZERO, 5)
    notes.committed(ZERO, 6)
    notes.not_committed(ZERO, Committed(6, "ours"))
    assert notes.has_moved(ZERO, 6)
    assert notes.refused() == {ZERO: Committed(6, "ours")}
    notes.committed(ZERO, 6)
    assert not notes.refused()


def test_a_refusal_is_old_news_when_a_later_position_is_on_its_way() -> None:
    notes = PartitionNotes()
    notes.assign([ZERO])
    notes.start(ZERO, 5)
    notes.committed(ZERO, 7)
    notes.not_committed(ZERO, Committed(6, "ours"))
    assert not notes.has_moved(ZERO, 7)
    assert not notes.refused()


@pytest.mark.parametrize("void", [PartitionNotes.take_away, PartitionNotes.renew])
def test_nothing_is_sent_again_of_what_is_not_being_read(
    void: Callable[[PartitionNotes, list[TopicPartition]], None],
) -> None:
    notes = PartitionNotes()
    notes.assign([ZERO])
    notes.start(ZERO, 5)
    notes.committed(ZERO, 6)
    notes.not_committed(ZERO, Committed(6, "ours"))
    void(notes, [ZERO])
    assert not notes.refused()
    notes.not_committed(ZERO, Committed(6, "ours"))
    assert not notes.refused()


def test_a_late_answer_about_a_partition_that_is_gone_changes_nothing() -> None:
    notes = PartitionNotes()
    notes.committed(ZERO, 6)
    assert ZERO not in notes.assigned
