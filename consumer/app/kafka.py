"""Kafka, for commands that publish or look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from consumer.adapters.avro import AvroEncoder
from consumer.adapters.kafka.lookups import GroupPositions
from consumer.adapters.kafka.publisher import KafkaPublisher
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import Raw
from consumer.settings.fields import KafkaSettings


def event_encoder() -> Callable[[MemoryEvent | Raw], bytes]:
    """Events into framed Avro, in the current schema."""
    return AvroEncoder().encode


def publisher(settings: KafkaSettings, topic: str) -> KafkaPublisher:
    """A publisher of memory events to a topic."""
    return KafkaPublisher(settings.kafka_bootstrap_servers, topic, event_encoder(), settings.kafka)


@contextmanager
def group_positions(settings: KafkaSettings) -> Iterator[GroupPositions]:
    """Where the group stands in Kafka, asked without joining it."""
    with GroupPositions(settings.kafka_bootstrap_servers, settings.group_id, settings.kafka) as positions:
        yield positions
