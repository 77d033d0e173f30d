"""What publishers may send: generated sequences of events in every order, and of bytes that are no events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from consumer.memory.model import Memory, MemoryEvent
from consumer.records import TopicPartition
from tests.properties.naive import Bad, Published

Encode = Callable[[MemoryEvent], bytes]

BEGINNING = datetime(2024, 5, 1, tzinfo=UTC)
NOW = BEGINNING + timedelta(days=30)
REFUSED_BY_THE_DATABASE = "the database will not have this"

MAIN = (TopicPartition("memories", 0), TopicPartition("memories", 1))
MIRROR = TopicPartition("mirror", 0)
PARTITIONS = (*MAIN, MIRROR)

TOLD = " ".join(f"w{number}" for number in range(20))
WORDINGS = (TOLD, f"{TOLD} more", f"x {TOLD[3:]}", f"x y {TOLD[6:]}", f"{TOLD} not", "something else altogether")
"""The same, nearly the same, alike, doubtful, the opposite, unlike."""

BROKEN: tuple[bytes | None, ...] = (
    None,
    b"",
    b"\x00",
    b"not framed at all",
    b"\x00\x00\x00\x00\x01",
    b"\x00\x7f\xff\xff\xff\x02ab",
    b"\x00\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
)


class Event(NamedTuple):
    """Something happens to one of a few memories. `minute` is when, and need not be in the order of publishing."""

    memory: int
    minute: int
    is_deletion: bool = False
    owner: int = 0
    wording: int = -1


class Again(NamedTuple):
    """An earlier record published a second time, byte for byte; perhaps through the mirror topic."""

    earlier: int
    through_mirror: bool = False


class ReusedId(NamedTuple):
    """The event id of an earlier record under the name of another memory."""

    earlier: int
    memory: int


class Broken(NamedTuple):
    """A value that is no event."""

    kind: int
    partition: int


class Refused(NamedTuple):
    """A valid event that the database will not take."""

    partition: int


Entry = Event | Again | ReusedId | Broken | Refused


@dataclass(frozen=True)
class Addressed:
    """A record and the partition that it is published to."""

    to: TopicPartition
    record: Published


def entries() -> st.SearchStrategy[list[Entry]]:
    """Sequences of up to a few dozen entries about few memories, so that they meet."""
    small = st.integers(0, 5)
    event = st.builds(
        Event,
        memory=small,
        minute=st.integers(0, 6),
        is_deletion=st.sampled_from((False,) * 6 + (True,)),
        owner=st.sampled_from((0,) * 8 + (1,)),
        wording=st.integers(0, len(WORDINGS) - 1),
    )
    others = st.one_of(
        st.builds(Again, small, st.booleans()),
        st.builds(ReusedId, small, small),
        st.builds(Broken, st.integers(0, len(BROKEN) - 1), st.integers(0, len(PARTITIONS) - 1)),
        st.builds(Refused, st.integers(0, len(MAIN) - 1)),
    )
    return st.lists(st.one_of(event, event, event, others), min_size=1, max_size=24)


def told(story: Sequence[Entry], encode: Encode) -> list[Addressed]:
    """The story as records. Entries that refer to an earlier record stand for nothing where there is none."""
    told_so_far: list[Addressed] = []
    for number, entry in enumerate(story):
        if addressed := _tell(entry, number, told_so_far, encode):
            told_so_far.append(addressed)
    return told_so_far


def _tell(entry: Entry, number: int, so_far: Sequence[Addressed], encode: Encode) -> Addressed | None:
    match entry:
        case Event(memory):
            return _addressed(_happened(entry, number, f"memory-{memory}"), encode)
        case Again(earlier, through_mirror) if so_far:
            first = so_far[earlier % len(so_far)]
            return replace(first, to=MIRROR) if through_mirror else first
        case ReusedId(earlier, memory) if so_far:
            first = so_far[earlier % len(so_far)]
            return _with_its_id(first, number, f"memory-{memory}", encode)
        case Broken(kind, partition):
            return Addressed(PARTITIONS[partition], Published(None, BROKEN[kind], Bad("validation")))
        case Refused(partition):
            event = _happened(Event(0, minute=0), number, f"refused-{number}")
            assert event.memory is not None
            event.memory.content = REFUSED_BY_THE_DATABASE
            return Addressed(MAIN[partition], Published(b"refused", encode(event), Bad("database")))
    return None


def _with_its_id(first: Addressed, number: int, memory_id: str, encode: Encode) -> Addressed | None:
    meaning = first.record.meaning
    if isinstance(meaning, Bad) or meaning.memory_id == memory_id:
        return None
    event = _happened(Event(0, minute=3), number, memory_id)
    event.event_id = meaning.event_id
    return _addressed(event, encode)


def _addressed(event: MemoryEvent, encode: Encode) -> Addressed:
    """To the partition of its memory, as a publisher that sets the key does."""
    partition = MAIN[int(event.memory_id.rpartition("-")[2]) % len(MAIN)]
    return Addressed(partition, Published(event.memory_id.encode(), encode(event), event))


def _happened(told: Event, number: int, memory_id: str) -> MemoryEvent:
    memory = None if told.is_deletion else _memory(f"owner-{told.owner}", WORDINGS[told.wording], number)
    return MemoryEvent(
        event_id=UUID(int=number + 1, version=4),
        event_type="DELETED" if told.is_deletion else "CREATED",
        memory_id=memory_id,
        occurred_at=BEGINNING + timedelta(minutes=told.minute),
        producer="story",
        memory=memory,
    )


def _memory(owner_id: str, content: str, number: int) -> Memory:
    return Memory(
        owner_id=owner_id,
        content=content,
        summary=f"told by record {number}",
        source_message_ids=[],
        participants=[],
        tags=[],
        confidence=0.5,
        extracted_at=None,
        metadata={},
        emotional_context=None,
        relationship_dynamics=None,
    )
