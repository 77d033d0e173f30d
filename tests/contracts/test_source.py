"""What the loop may rely on of a source, whichever it is."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from consumer.batching import BatchLimits
from consumer.positions import is_ours, stamp
from consumer.records import Batch, Claim, ClosedBy, Committed, Found, TopicPartition
from tests.contracts.places import (
    BOUND,
    MISSED_SECONDS,
    FakePlace,
    Member,
    Place,
    RealPlace,
    claimed_anew,
    found,
    next_batch,
    own,
    read,
    start_in_time,
    until,
)

LIMITS = BatchLimits(count=100, bytes=1_000_000, seconds=0.1)


@pytest.fixture(params=["fake", "real"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with ExitStack() as cleanup:
        if request.param == "fake":
            yield FakePlace()
        else:
            yield RealPlace(request.getfixturevalue("kafka"), cleanup)


def claim(source: TopicPartition, next_offset: int) -> dict[TopicPartition, Claim]:
    return {source: Claim(source, epoch=7, next_offset=next_offset, incarnation=1)}


def test_nothing_is_read_until_it_is_started_and_then_from_where_it_was_said(place: Place) -> None:
    for number in range(4):
        place.publish(0, b"%d" % number, key=b"k", headers=[("h", b"1"), ("h", None)])
    place.publish(1, b"elsewhere")
    member = place.member()
    assert own(member, 2) == {TopicPartition(place.topic, 0), TopicPartition(place.topic, 1)}

    member.start(TopicPartition(place.topic, 0), 2)
    (batch,) = read(member, 2, LIMITS)

    assert [(record.source.partition, record.offset, record.value) for record in batch.records] == [
        (0, 2, b"2"),
        (0, 3, b"3"),
    ]
    assert batch.records[0].key == b"k"
    assert list(batch.records[0].headers) == [("h", b"1"), ("h", None)]
    assert batch.records[0].timestamp_ms > 0
    assert batch.closed_by is ClosedBy.AGE


def test_a_batch_closes_on_count_and_what_is_left_comes_next(place: Place) -> None:
    for number in range(5):
        place.publish(0, b"%d" % number)
    member = started(place)

    batches = read(member, 5, BatchLimits(count=2, seconds=0.1))

    assert [record.offset for batch in batches for record in batch.records] == [0, 1, 2, 3, 4]
    assert [(len(batch), batch.closed_by) for batch in batches] == [
        (2, ClosedBy.COUNT),
        (2, ClosedBy.COUNT),
        (1, ClosedBy.AGE),
    ]


def test_a_batch_closes_on_bytes_but_takes_one_record_however_large(place: Place) -> None:
    for size in (40, 40, 300, 40):
        place.publish(0, b"x" * size)
    member = started(place)

    batches = read(member, 4, BatchLimits(bytes=100, seconds=0.1))

    assert [[record.size for record in batch.records] for batch in batches] == [[40, 40], [300], [40]]
    assert [batch.closed_by for batch in batches] == [ClosedBy.BYTES, ClosedBy.BYTES, ClosedBy.AGE]


def test_starting_again_reads_again_and_drops_what_was_carried(place: Place) -> None:
    for number in range(50):
        place.publish(0, b"%d" % number)
    member = started(place)
    read(member, 30, BatchLimits(bytes=20, seconds=0.1))

    member.start(TopicPartition(place.topic, 0), 10)

    batches = read(member, 40, LIMITS)
    assert [record.offset for batch in batches for record in batch.records] == list(range(10, 50))


def test_what_is_stopped_is_not_read_until_it_is_started_again(place: Place) -> None:
    for partition in (0, 1):
        for _ in range(10):
            place.publish(partition, b"x" * 10)
    member = started(place)
    next_batch(member, BatchLimits(bytes=40, seconds=0.1))

    member.stop(TopicPartition(place.topic, 0))
    place.publish(0, b"later")
    place.publish(1, b"last")
    seen = []
    while b"last" not in seen:
        batch = next_batch(member, LIMITS)
        assert {record.source.partition for record in batch.records} == {1}
        seen += [record.value for record in batch.records]

    member.start(TopicPartition(place.topic, 0), 10)
    assert [record.value for record in next_batch(member, LIMITS).records] == [b"later"]


def test_positions_are_committed_stamped_and_only_when_they_moved(place: Place) -> None:
    source = TopicPartition(place.topic, 0)
    place.publish(0, b"x")
    member = started(place)
    read(member, 1, LIMITS)

    member.commit(claim(source, 0))
    assert found(member, source).committed is None, "written, though it did not move"

    member.commit(claim(source, 1))
    committed = until(lambda: found(member, source).committed)
    assert committed == Committed(1, stamp(claim(source, 1)[source])) == place.committed(source)
    assert is_ours(committed)


def test_only_partitions_that_are_ours_are_committed(place: Place) -> None:
    source = TopicPartition(place.topic, 0)
    member = place.member()
    member.commit(claim(source, 5))
    own(member, 2)
    member.commit(claim(source, 5))
    assert place.committed(source) is None


def test_a_look_up_finds_what_an_operator_did_and_what_retention_left(place: Place) -> None:
    source = TopicPartition(place.topic, 0)
    for _ in range(5):
        place.publish(0, b"x")
    place.delete_before(source, 2)
    place.move_committed(source, 3)
    member = place.member()
    own(member, 2)

    answers = member.look_up([source, TopicPartition(place.topic, 1)])

    moved, untouched = answers[source], answers[TopicPartition(place.topic, 1)]
    assert isinstance(moved, Found) and isinstance(untouched, Found)
    assert moved.committed == Committed(3, "")
    assert not is_ours(moved.committed)
    assert (moved.earliest, moved.end) == (2, 5)
    assert (untouched.committed, untouched.earliest, untouched.end) == (None, 0, 0)
    assert moved.topic_id == untouched.topic_id is not None


def test_it_is_told_once_that_a_position_of_ours_took_the_place_of_an_operators(place: Place) -> None:
    source, untouched = TopicPartition(place.topic, 0), TopicPartition(place.topic, 1)
    for number in (0, 0, 1):
        place.publish(number, b"x")
    place.move_committed(source, 1)
    member = place.member()
    own(member, 2)
    member.look_up([source, untouched])
    for each, offset in ((source, 1), (untouched, 0)):
        member.start(each, offset)
    read(member, 2, LIMITS)
    assert not member.changes().stamped
    member.commit({**claim(source, 2), **claim(untouched, 1)})

    def stamped() -> frozenset[TopicPartition] | None:
        assert member.poll(LIMITS) is None
        return member.changes().stamped or None

    assert until(stamped) == {source}
    assert not member.changes().stamped


def test_nothing_is_found_where_nothing_was_asked(place: Place) -> None:
    assert place.member().look_up([]) == {}


def test_an_offset_out_of_range_has_the_partition_claimed_anew(place: Place) -> None:
    source = TopicPartition(place.topic, 0)
    for _ in range(5):
        place.publish(0, b"x")
    place.delete_before(source, 4)
    member = place.member()
    own(member, 2)
    member.start(source, 1)

    assert claimed_anew(member) == {source}
    start_in_time(member, source, found(member, source).earliest)
    assert [record.offset for record in next_batch(member, LIMITS).records] == [4]


def test_a_topic_made_anew_has_its_partitions_claimed_anew(place: Place) -> None:
    sources = {TopicPartition(place.topic, number) for number in (0, 1)}
    for _ in range(5):
        place.publish(0, b"old")
    member = place.member()
    own(member, 2)
    before = member.look_up(sources)
    for source in sources:
        member.start(source, 0)
    read(member, 5, LIMITS)

    place.make_anew()
    place.publish(0, b"new")

    assert claimed_anew(member, at_least=2) == sources
    for source in sources:
        now, then = found(member, source), before[source]
        assert isinstance(then, Found)
        assert now.topic_id != then.topic_id
        start_in_time(member, source, now.earliest)
    assert [(record.offset, record.value) for record in next_batch(member, LIMITS).records] == [(0, b"new")]


def test_a_second_member_gets_its_share_and_the_first_keeps_reading_the_rest(place: Place) -> None:
    first = started(place)
    second = place.member()
    gone: set[TopicPartition] = set()
    taken: set[TopicPartition] = set()

    def shared() -> bool | None:
        first.poll(LIMITS)
        second.poll(LIMITS)
        gone.update(first.changes().gone)
        taken.update(second.changes().assigned)
        return True if taken else None

    until(shared)
    assert taken == gone
    (source,) = taken
    second.start(source, 0)
    for partition in (0, 1):
        place.publish(partition, b"x")

    assert [record.source for record in next_batch(second, LIMITS).records] == [source]
    assert [record.source for record in next_batch(first, LIMITS).records] == [
        TopicPartition(place.topic, 1 - source.partition)
    ]


def test_records_gathered_before_their_partition_is_taken_away_leave_the_batch(place: Place) -> None:
    for partition in (0, 1):
        for _ in range(3):
            place.publish(partition, b"x")
    first = started(place)
    both = [TopicPartition(place.topic, number) for number in (0, 1)]

    def cut_off() -> tuple[Batch, TopicPartition] | None:
        """Where the rebalance came before the records, or took nothing from this member, all is done once more."""
        leave = place.join_while_polling(first)
        batch, gone = first.poll(BatchLimits(count=100, seconds=BOUND)), list(first.changes().gone)
        if batch and gone:
            return batch, gone.pop()
        leave()
        for source in both:
            start_in_time(first, source, 0)
        first.changes()
        return None

    batch, gone = until(cut_off)
    assert batch.closed_by is ClosedBy.REBALANCE
    assert {record.source for record in batch.records} == {TopicPartition(place.topic, 1 - gone.partition)}


def test_who_was_put_out_of_the_group_commits_nothing_and_learns_what_was_lost(place: Place) -> None:
    source = TopicPartition(place.topic, 0)
    place.publish(0, b"x")
    zombie = place.member_soon_missed()

    def has_read() -> bool | None:
        for new in zombie.changes().assigned:
            zombie.start(new, 0)
        return True if zombie.poll(LIMITS) else None

    until(has_read)
    place.silence(zombie)
    zombie.commit(claim(source, 1))
    assert place.committed(source) is None

    gone: set[TopicPartition] = set()

    def lost() -> bool | None:
        zombie.poll(LIMITS)
        gone.update(zombie.changes().gone)
        return True if len(gone) == 2 else None

    until(lost)
    zombie.commit(claim(source, 1))
    assert place.committed(source) is None


def test_holding_reads_nothing_loses_nothing_and_keeps_the_membership(place: Place) -> None:
    place.publish(0, b"before")
    member = place.member_soon_missed()
    for source in own(member, 2):
        member.start(source, 0)
    read(member, 1, LIMITS)
    place.publish(0, b"meanwhile")

    member.hold(MISSED_SECONDS + 0.5, lambda: False)

    place.publish(0, b"after")
    batches = read(member, 2, LIMITS)
    assert [record.value for batch in batches for record in batch.records] == [b"meanwhile", b"after"]
    changes = member.changes()
    assert not changes.gone
    assert not changes.assigned


def test_a_wait_that_is_over_ends_and_reading_goes_on(place: Place) -> None:
    place.publish(0, b"x")
    member = started(place)
    asked: list[bool] = []

    def is_over() -> bool:
        asked.append(True)
        return True

    member.hold(30, is_over)

    assert len(asked) == 1
    assert [record.value for record in next_batch(member, LIMITS).records] == [b"x"]


def test_what_is_assigned_while_holding_stays_paused(place: Place) -> None:
    place.publish(0, b"x")
    member = place.member()
    assigned: set[TopicPartition] = set()

    def held() -> bool | None:
        member.hold(0.25, lambda: False)
        assigned.update(member.changes().assigned)
        return True if assigned else None

    until(held)
    assert member.poll(LIMITS) is None
    member.start(TopicPartition(place.topic, 0), 0)
    assert [record.value for record in next_batch(member, LIMITS).records] == [b"x"]


def test_closing_twice_leaves_the_group_once_and_frees_the_partitions(place: Place) -> None:
    first = started(place)
    first.close()
    first.close()
    assert len(own(place.member(), 2)) == 2


def started(place: Place) -> Member:
    """A member that reads both partitions from their beginning."""
    member = place.member()
    for source in own(member, 2):
        member.start(source, 0)
    return member
