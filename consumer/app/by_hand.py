"""What people do to memories: decide about pairs, erase."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from consumer.adapters.kafka.letter_reader import LetterReader
from consumer.adapters.sql.erasing import Erasing
from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.app.consuming import decoder_of
from consumer.app.databases import existing_database
from consumer.app.policies import bands_and_bounds
from consumer.memory.model import MemoryEvent
from consumer.records import Record, Rejection
from consumer.settings import Settings
from consumer.settings.fields import KafkaSettings, SchemaSettings


@contextmanager
def reviews(settings: Settings) -> Iterator[Reviews]:
    """The pairs that wait for a person, and those decided about."""
    with existing_database(settings.database) as engine:
        yield Reviews(engine, bands_and_bounds(settings.batch))


@contextmanager
def erasing(settings: Settings) -> Iterator[Erasing]:
    """What finds and erases memories."""
    with existing_database(settings.database) as engine:
        yield Erasing(engine, bands_and_bounds(settings.batch), event_in(settings.schemas))


@contextmanager
def letter_reader(settings: KafkaSettings) -> Iterator[LetterReader]:
    """The letters that are in the dead-letter topic."""
    with LetterReader(settings.kafka_bootstrap_servers, settings.dead_letter_topic, settings.kafka) as reader:
        yield reader


def event_in(settings: SchemaSettings) -> Callable[[Record], MemoryEvent | None]:
    """Tells the event in a record; None where there is none that can be read."""
    decoder = decoder_of(settings)

    def event(record: Record) -> MemoryEvent | None:
        decoded = decoder.decode(record)
        return None if isinstance(decoded, Rejection) else decoded

    return event
