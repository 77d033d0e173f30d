"""The made-up stream: the same for the same seed, valid where it says so, and broken as it says."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from consumer.adapters.avro import AvroDecoder, AvroEncoder, SchemaDirectory
from consumer.devstack.broken_events import BREAKAGES, Breakage
from consumer.devstack.disorderly_events import INVALID, Sample, disorderly
from consumer.devstack.retelling import retold
from consumer.devstack.sample_events import events
from consumer.memory.contract import schema_directory
from consumer.memory.model import MemoryEvent
from consumer.memory.ordering import APPLIED, State, after, decide
from consumer.memory.raw_form import to_raw
from consumer.memory.validation import validate
from consumer.planning import Planner
from consumer.records import Batch, ClosedBy, Plan, Record, TopicPartition

encode = AvroEncoder().encode
MEMORIES = TopicPartition("memories", 0)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def plan(samples: list[Sample]) -> Plan:
    records = [Record(MEMORIES, offset, each.key, each.value, (), -1) for offset, each in enumerate(samples)]
    planner = Planner(
        AvroDecoder(SchemaDirectory(schema_directory())), max_record_bytes=1 << 20, max_ahead=timedelta(minutes=5)
    )
    return planner.plan(Batch(records, ClosedBy.COUNT), NOW)


def naive_ends(samples: list[Sample]) -> list[str]:
    """How each record ends, told one by one from the published rules."""
    decoded = plan(samples)
    rejected = {rejection.record.offset: rejection.category.value for rejection in decoded.rejections}
    arrived = {arrival.record.offset: arrival.event for arrival in decoded.arrivals}
    ledger: dict[object, str] = {}
    states: dict[str, State] = {}
    ends = []
    for offset in range(len(samples)):
        if offset in rejected:
            ends.append(rejected[offset])
            continue
        event = arrived[offset]
        if event.event_id in ledger:
            ends.append("same_event" if ledger[event.event_id] == event.memory_id else "deduplication")
            continue
        ledger[event.event_id] = event.memory_id
        verdict = decide(states.get(event.memory_id), event)
        if verdict in APPLIED:
            states[event.memory_id] = after(event)
        ends.append(verdict.value)
    return ends


def test_the_same_seed_tells_the_same_story() -> None:
    assert list(events(50, seed=3)) == list(events(50, seed=3))
    assert list(events(50, seed=3)) != list(events(50, seed=4))
    assert list(disorderly(300, 3, encode)) == list(disorderly(300, 3, encode))


def test_events_are_new_memories_later_and_later() -> None:
    made = list(events(200))
    assert len({event.memory_id for event in made}) == len({event.event_id for event in made}) == 200
    assert all(earlier.occurred_at < later.occurred_at for earlier, later in pairwise(made))
    assert 230 < sum(len(encode(event)) for event in made) / 200 < 330


def test_every_record_of_the_disorderly_stream_ends_as_it_says() -> None:
    samples = list(disorderly(3_000, 5, encode))
    assert [sample.outcome.category for sample in samples] == naive_ends(samples)
    assert set(Counter(sample.outcome.category for sample in samples)) == {
        "created",
        "updated",
        "deleted",
        "same_event",
        "overtaken",
        "validation",
        "deduplication",
    }


def test_what_is_told_again_is_valid_and_keeps_its_owner() -> None:
    made = list(events(2_000))
    again = list(map(retold, made))
    assert again == list(map(retold, made))
    assert 200 < sum(one != other for one, other in zip(made, again, strict=True)) < 400
    assert [each.memory and each.memory.owner_id for each in again] == [
        each.memory and each.memory.owner_id for each in made
    ]
    assert all(isinstance(validate(to_raw(each)), MemoryEvent) for each in again)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.code)
def test_what_is_broken_is_refused_under_the_code_that_it_was_broken_for(breakage: Breakage) -> None:
    (event,) = events(1)
    value = breakage.value(to_raw(event), encode)
    (rejection,) = plan([Sample(b"k", value, INVALID, breakage.code)]).rejections
    assert rejection.code == breakage.code
