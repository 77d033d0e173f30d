"""Short ways to say in a test what was published."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from consumer.memory.model import Memory, MemoryEvent
from consumer.records import Arrival, Plan, Record, Rejection, TopicPartition

MEMORIES = TopicPartition("memories", 0)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMESPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def event_id(name: str) -> UUID:
    """The same id for the same name."""
    return uuid5(NAMESPACE, name)


def event(
    name: str,
    memory_id: str = "m1",
    *,
    minute: int = 0,
    owner: str = "ann",
    content: str | None = None,
    deleted: bool = False,
) -> MemoryEvent:
    """An event by its name; `minute` is when it occurred, after noon. Its content is its name unless said otherwise."""
    memory = None
    if not deleted:
        memory = Memory(
            owner_id=owner,
            content=content or f"what {name} tells",
            summary=None,
            source_message_ids=["s1"],
            participants=[{"id": "p1", "name": "Bo", "role": "friend"}],
            tags=["walk"],
            confidence=0.5,
            extracted_at=NOON,
            metadata={"k": "v"},
            emotional_context=None,
            relationship_dynamics=None,
        )
    moment = NOON + timedelta(minutes=minute)
    return MemoryEvent(event_id(name), "DELETED" if deleted else "CREATED", memory_id, moment, "tests", memory)


def record(offset: int, source: TopicPartition = MEMORIES, value: bytes = b"-") -> Record:
    """A record at an offset."""
    return Record(source, offset, b"k", value, (), 0)


def plan(
    events: Sequence[MemoryEvent],
    *,
    first: int = 0,
    source: TopicPartition = MEMORIES,
    rejections: Sequence[Rejection] = (),
) -> Plan:
    """A plan of these events at consecutive offsets of one partition, behind the rejections."""
    begin = first + len(rejections)
    arrivals = [Arrival(record(begin + place, source), each) for place, each in enumerate(events)]
    return Plan(arrivals, list(rejections), {source: begin + len(events)})
