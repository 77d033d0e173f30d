"""Which partitions are stalled, by time passed in."""

import pytest

from consumer.adapters.kafka.stalls import BUSY_FACTOR, Stalls
from consumer.records import TopicPartition

AFTER = 60
ZERO, ONE = TopicPartition("memories", 0), TopicPartition("memories", 1)


class Reading:
    """A consumer that reads two partitions, and the time that passes meanwhile."""

    def __init__(self) -> None:
        self.stalls = Stalls(AFTER)
        self.now = 1_000.0
        self.stalls.look({}, self.now, ran_dry=True)
        for source in (ZERO, ONE):
            self.stalls.started(source)

    def reads(self, seconds: int, *came: tuple[TopicPartition, int], ran_dry: bool = True) -> None:
        """Look four times a second, each time with these last offsets."""
        for _ in range(4 * seconds):
            self.now += 0.25
            self.stalls.look(dict(came), self.now, ran_dry=ran_dry)

    @property
    def stalled(self) -> list[TopicPartition]:
        return list(self.stalls.stalled)


@pytest.fixture
def reading() -> Reading:
    return Reading()


def test_nothing_came_of_it_for_long_enough(reading: Reading) -> None:
    reading.reads(AFTER - 1, (ZERO, 5))
    assert reading.stalled == []
    reading.reads(2, (ZERO, 5))
    assert reading.stalled == [ONE]


def test_a_partition_read_to_its_end_is_caught_up_however_long_nothing_comes(reading: Reading) -> None:
    reading.stalls.reached_end(ZERO, 6)
    reading.stalls.reached_end(ONE, 9)
    reading.reads(10 * AFTER)
    assert reading.stalled == []
    assert reading.stalls.at_end == {ZERO: 6, ONE: 9}


def test_the_end_said_along_with_the_last_records_before_it_is_the_end(reading: Reading) -> None:
    reading.stalls.reached_end(ZERO, 6)
    reading.reads(1, (ZERO, 5), (ONE, 8))
    assert reading.stalls.at_end == {ZERO: 6}


def test_a_record_behind_the_end_takes_the_partition_on(reading: Reading) -> None:
    reading.stalls.reached_end(ZERO, 6)
    reading.reads(1, (ZERO, 6))
    reading.reads(AFTER + 1, (ONE, 8))
    assert reading.stalled == [ZERO]


def test_an_end_that_moved_on_has_to_be_reached(reading: Reading) -> None:
    reading.stalls.reached_end(ZERO, 6)
    reading.reads(10 * AFTER, (ONE, 8))
    reading.stalls.end_moved(ZERO, 6)
    reading.reads(AFTER + 1, (ONE, 8))
    assert reading.stalled == [], "it is where it was"
    reading.stalls.end_moved(ZERO, 7)
    reading.reads(AFTER - 1, (ONE, 8))
    assert reading.stalled == []
    reading.reads(2, (ONE, 8))
    assert reading.stalled == [ZERO]


@pytest.mark.parametrize("sign", ["record", "end", "stop", "start"])
def test_any_sign_ends_it(reading: Reading, sign: str) -> None:
    reading.reads(AFTER + 1, (ZERO, 5))
    signs = {
        "record": lambda: reading.reads(1, (ONE, 5)),
        "end": lambda: reading.stalls.reached_end(ONE, 5),
        "stop": lambda: reading.stalls.stopped([ONE]),
        "start": lambda: reading.stalls.started(ONE),
    }
    assert reading.stalled == [ONE]
    signs[sign]()
    assert reading.stalled == []


def test_time_in_which_nothing_was_read_does_not_count(reading: Reading) -> None:
    """A batch that took long, or waited: its partitions were paused."""
    for _ in range(AFTER // 2):
        reading.now += 3_600
        reading.reads(1, (ZERO, 5))
    assert reading.stalled == []


def test_while_others_pour_in_it_may_be_waiting_for_its_turn_but_not_for_ever(reading: Reading) -> None:
    reading.reads(BUSY_FACTOR * AFTER - 1, (ZERO, 5), ran_dry=False)
    assert reading.stalled == []
    reading.reads(2, (ZERO, 5), ran_dry=False)
    assert reading.stalled == [ONE]


def test_what_is_not_being_read_is_not_missed(reading: Reading) -> None:
    reading.stalls.stopped([ONE])
    reading.stalls.reached_end(ONE, 5)
    reading.reads(AFTER + 1, (ZERO, 5))
    assert reading.stalled == []
    assert ONE not in reading.stalls.at_end
