"""Publishing to a real broker, and a count of its own of what ought to become of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.devstack.broken_events import BREAKAGES
from consumer.memory.model import MemoryEvent
from tests import wire

ANY = -1
REPEATED_EVERY = 50
BROKEN_EVERY = 100

THE_TWO = [{"id": "p1", "name": None, "role": "self"}, {"id": "p2", "name": None, "role": "friend"}]
KNOWS = {
    "communication_pattern": "supportive",
    "interaction_quality": "positive",
    "connection_strength": 0.5,
    "is_balanced": True,
    "concerning_patterns": [],
    "participant_dynamics": [{"participants": ["p1", "p2"], "kind": "supportive"}],
}


@dataclass
class Expected:
    """What was published, and how it has to end.

    `events`: whose they are; `memories`: the last event of each; `letters`: broken values by the ids of their letters.
    """

    records: int = 0
    repeated: int = 0
    events: dict[UUID, str] = field(default_factory=dict)
    memories: dict[str, MemoryEvent] = field(default_factory=dict)
    letters: dict[str, bytes | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Topics:
    """A topic for a test, and the one for its dead letters."""

    source: str
    letters: str


@contextmanager
def topics(bootstrap: str, partitions: int) -> Iterator[Topics]:
    """Two topics of names never used before, gone afterwards."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    name = f"memories-{uuid4().hex[:12]}"
    made = Topics(name, f"{name}-dlq")
    new = [NewTopic(made.source, partitions, 1), NewTopic(made.letters, partitions, 1)]
    for future in admin.create_topics(new).values():
        future.result(60)
    yield made
    for future in admin.delete_topics([made.source, made.letters]).values():
        future.result(60)


class Publishing:
    """Sends records and keeps count of those that the broker acknowledged."""

    def __init__(self, bootstrap: str, topic: str, expected: Expected | None = None, partition: int = ANY) -> None:
        """Into one partition, or each record where its key belongs; counted on top of what is expected already."""
        self.expected = expected or Expected()
        self._topic = topic
        self._partition = partition
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20})
        self._refused: list[str] = []

    def good(self, event: MemoryEvent, *, times: int = 1) -> None:
        """An event that has to be stored once, however often it is published; later than any of its memory so far."""
        value = wire.encode(event)
        self.expected.events[event.event_id] = event.memory_id
        self.expected.memories[event.memory_id] = event
        self.expected.repeated += times - 1
        for _ in range(times):
            self._send(event.memory_id, value, is_broken=False)

    def broken(self, event: MemoryEvent, way: int) -> None:
        """The same event, broken in one of many ways: it has to end as a dead letter."""
        fields = deepcopy(wire.fields_of(event))
        fields["memory"] |= {"participants": deepcopy(THE_TWO), "relationship_dynamics": deepcopy(KNOWS)}
        breakage = BREAKAGES[way % len(BREAKAGES)]
        self._send(event.memory_id, breakage.value(fields, wire.encode_fields), is_broken=True)

    def junk(self, key: str, value: bytes) -> None:
        """A value that is no event at all, or too large for one: it has to end as a dead letter."""
        self._send(key, value, is_broken=True)

    def finish(self) -> Expected:
        """Wait until the broker has acknowledged everything. Returns what is to be expected."""
        assert self._producer.flush(60) == 0, "the broker did not acknowledge everything in time"
        assert not self._refused, self._refused[:3]
        return self.expected

    def _send(self, key: str, value: bytes | None, *, is_broken: bool) -> None:
        def delivered(error: Any, message: Message) -> None:
            if error:
                self._refused.append(str(error))
                return
            self.expected.records += 1
            if is_broken:
                letter_id = f"{message.topic()}-{message.partition()}-{message.offset()}"
                self.expected.letters[letter_id] = value

        while True:
            try:
                self._producer.produce(self._topic, value, key.encode(), self._partition, on_delivery=delivered)
            except BufferError:
                self._producer.poll(1.0)
            else:
                self._producer.poll(0)
                return


def publish_disorderly(bootstrap: str, topic: str, events: Iterable[MemoryEvent]) -> Expected:
    """Every 50th event published twice; every 100th broken, each in another way than the one before."""
    publishing = Publishing(bootstrap, topic)
    for number, event in enumerate(events, start=1):
        if (number + 1) % BROKEN_EVERY == 0:  # the one before, so that none is both
            publishing.broken(event, number // BROKEN_EVERY)
        else:
            publishing.good(event, times=2 if number % REPEATED_EVERY == 0 else 1)
    return publishing.finish()
