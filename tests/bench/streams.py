"""What the loops read: a topic full of events, the same for all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.adapters.avro import AvroEncoder
from consumer.devstack.sample_events import events
from consumer.memory.merging.similarity import Traits
from tests import goemotions

PARTITIONS = 4
DISTANCE = 5_000
"""Events between an event and its duplicate: several batches, so that the first is long committed."""

IN_FLIGHT = 50_000
"""Records that wait for their acknowledgement, at most."""


@dataclass(slots=True, frozen=True)
class Stream:
    """A topic that is filled and will not change: `distinct` of its `records` are not repetitions."""

    topic: str
    records: int
    distinct: int


Keyed = tuple[str, bytes]
"""A record to be: its key and its value."""


def new_events(count: int) -> Iterator[Keyed]:
    """So many events, each of a memory of its own."""
    encoder = AvroEncoder()
    return ((event.memory_id, encoder.encode(event)) for event in events(count))


def half_duplicates(count: int) -> Iterator[Keyed]:
    """So many records, every event twice, its second time `DISTANCE` events later."""
    distinct = count // 2
    late = new_events(distinct)
    for place, first_time in enumerate(new_events(distinct)):
        yield first_time
        if place >= DISTANCE:
            yield next(late)
    yield from late


def texts(count: int) -> Iterator[Keyed]:
    """Real comments, each the memory of one of 500 owners: what is alike can be found in them. None is there twice, so
    that all loops leave the same rows."""
    encoder, seen = AvroEncoder(), set[tuple[str, bytes]]()
    for event in goemotions.memories(count):
        if event.memory is not None:
            content = (event.memory.owner_id, Traits(event.memory).digest)
            if content not in seen:
                seen.add(content)
                yield event.memory_id, encoder.encode(event)


def publish(bootstrap_servers: str, name: str, records: Iterator[Keyed], distinct: int | None = None) -> Stream:
    """A new topic with these records, every one acknowledged; all are distinct unless said otherwise."""
    topic = f"bench-{name}-{uuid4().hex[:8]}"
    wanted = [NewTopic(topic, PARTITIONS, 1), NewTopic(dead_letter_topic(topic), 1, 1)]
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    for created in admin.create_topics(wanted).values():
        created.result(timeout=30.0)
    count = _fill(bootstrap_servers, topic, records)
    return Stream(topic, count, count if distinct is None else distinct)


def dead_letter_topic(topic: str) -> str:
    """Where the records of the topic would go that can't be processed; all of these can."""
    return f"{topic}-dlq"


def _fill(bootstrap_servers: str, topic: str, records: Iterator[Keyed]) -> int:
    """Returns how many there were."""
    producer = Producer({"bootstrap.servers": bootstrap_servers, "linger.ms": 20, "acks": "all"})
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failures.append(error)

    count = 0
    for count, (key, value) in enumerate(records, start=1):  # noqa: B007 - the last count is the result
        producer.produce(topic, value, key, on_delivery=delivered)
        producer.poll(0.0 if len(producer) < IN_FLIGHT else 0.1)
    unsent = producer.flush(60.0)
    if failures or unsent:
        raise RuntimeError(f"{topic} could not be filled: {unsent} records not acknowledged, {failures[:1]}")
    return count
