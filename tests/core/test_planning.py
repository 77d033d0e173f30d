"""A batch into a plan."""

from datetime import timedelta

from consumer.memory.model import MemoryEvent
from consumer.planning import Planner
from consumer.records import Batch, Category, ClosedBy, Record, Rejection, Stage, TopicPartition
from tests.stories import MEMORIES, NOON, event, record

EARLY = timedelta(minutes=5)


class ByOffset:
    """Decodes an offset n into an event n minutes after noon; an odd one it refuses."""

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        if record.offset % 2:
            return Rejection(record, Category.VALIDATION, "odd", "odd", "", Stage.VALUE_CONVERTER)
        return event(f"e{record.offset}", minute=record.offset)


def planner(max_record_bytes: int = 100) -> Planner:
    return Planner(ByOffset(), max_record_bytes=max_record_bytes, max_ahead=EARLY)


def test_every_record_is_an_arrival_or_a_rejection() -> None:
    other = TopicPartition("memories", 1)
    batch = Batch([record(0), record(1), record(4, other), record(2)], ClosedBy.COUNT)
    plan = planner().plan(batch, NOON)
    assert [arrival.record for arrival in plan.arrivals] == [record(0), record(4, other), record(2)]
    assert [rejection.record for rejection in plan.rejections] == [record(1)]
    assert plan.next_offsets == {MEMORIES: 3, other: 5}


def test_the_future_is_refused_past_its_bound() -> None:
    plan = planner().plan(Batch([record(4), record(6)], ClosedBy.COUNT), NOON)
    assert [arrival.record.offset for arrival in plan.arrivals] == [4]
    (rejection,) = plan.rejections
    assert (rejection.code, rejection.errors[0].path) == ("occurred_in_future", "occurred_at")
    assert not planner().plan(Batch([record(4)], ClosedBy.COUNT), NOON + timedelta(minutes=4) - EARLY).rejections


def test_a_record_over_the_limit_is_not_even_decoded() -> None:
    exact, over = record(0, value=b"x" * 9), record(2, value=b"x" * 10)
    plan = planner(max_record_bytes=10).plan(Batch([exact, over], ClosedBy.COUNT), NOON)
    assert [arrival.record for arrival in plan.arrivals] == [exact]
    assert [rejection.code for rejection in plan.rejections] == ["record_too_large"]


def test_keys_that_are_not_the_memory_s_id_are_counted() -> None:
    named = record(0)._replace(key=b"m1")
    plan = planner().plan(Batch([named, record(2), record(4)._replace(key=None)], ClosedBy.COUNT), NOON)
    assert (len(plan.arrivals), plan.strange_keys) == (3, 2)
