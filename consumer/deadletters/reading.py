"""A dead letter as it is found in its topic, and the record that it was. Pure."""

from datetime import datetime, timedelta

from consumer.deadletters.headers import Header
from consumer.memory.moments import EPOCH
from consumer.records import Record, TopicPartition


def letter_id(letter: Record) -> str:
    """What the letter calls itself; its own place where it does not say."""
    return _header(letter, Header.ID) or letter.name


def written_at(letter: Record) -> datetime | None:
    """When the letter was written, as far as Kafka knows."""
    return EPOCH + timedelta(milliseconds=letter.timestamp_ms) if letter.timestamp_ms >= 0 else None


def original(letter: Record) -> Record:
    """The record under its own topic, which says how it is read. Its partition and offset stay the letter's."""
    topic = _header(letter, Header.CONNECT_TOPIC) or letter.source.topic
    return letter._replace(source=TopicPartition(topic, letter.source.partition))


def _header(letter: Record, name: str) -> str:
    values = [value for header, value in letter.headers if header == name and value]
    return values[-1].decode("utf-8", "replace") if values else ""
