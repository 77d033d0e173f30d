"""A message of librdkafka's as a record of ours."""

import structlog
from confluent_kafka import Message

from consumer.records import Headers, Record, TopicPartition

log = structlog.get_logger(__name__)


def record_of(source: TopicPartition, message: Message) -> Record:
    """The record in a message without an error. Each is read once."""
    kind, timestamp_ms = message.timestamp()
    return Record(
        source,
        message.offset(),  # type: ignore[arg-type]  # without an error it is always there
        message.key(),
        message.value(),
        headers_of(message),
        timestamp_ms if kind else -1,
    )


def headers_of(message: Message) -> Headers:
    """The headers; none where a name is not UTF-8, which the binding can't hold. Not to be asked for twice then."""
    try:
        return message.headers() or ()  # type: ignore[return-value]
    except (UnicodeDecodeError, SystemError):
        log.warning("headers left out: a name is not UTF-8", topic=message.topic(), offset=message.offset())
        return ()
