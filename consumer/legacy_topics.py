"""Topics that carry JSON of an old form, because a setting says so: nothing is told from the bytes. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from consumer.memory.json_text import NotJson, parse
from consumer.memory.legacy import Converted, Form, Known, convert
from consumer.memory.model import MemoryEvent
from consumer.memory.moments import EPOCH
from consumer.ports import Decoder
from consumer.records import Record, Rejection, Stage
from consumer.rejections import empty_value, invalid_event

RECORD_KEY: Final = "@key"
"""In place of an owner: each record's key names it."""


class LegacyDecoder:
    """Decodes records of one old form. Implements `consumer.ports.Decoder`.

    What a record does not say is taken from around it: its time from Kafka's timestamp, its owner from `owner`, which
    is an id, or `RECORD_KEY`, or None.
    """

    def __init__(self, form: Form, owner: str | None) -> None:
        self._form = form
        self._owner = owner

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        """The event, or why there is none. Never raises."""
        if not record.value:
            return empty_value(record)
        try:
            converted = convert(self._form, parse(record.value), self._known(record))
        except NotJson as error:
            return invalid_event(record, (error.fault,), stage=Stage.VALUE_CONVERTER)
        return converted.event if isinstance(converted, Converted) else invalid_event(record, converted)

    def _known(self, record: Record) -> Known:
        if self._owner == RECORD_KEY:
            return Known(_text(record.key), _moment(record.timestamp_ms), "record's key", "record's timestamp")
        return Known(self._owner, _moment(record.timestamp_ms), "setting", "record's timestamp")


class DecoderByTopic:
    """Decodes each record as its topic asks for. Implements `consumer.ports.Decoder`."""

    def __init__(self, by_topic: Mapping[str, Decoder], otherwise: Decoder) -> None:
        self._by_topic = by_topic
        self._otherwise = otherwise

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        """The event, or why there is none. Raises what the topic's decoder raises."""
        return self._by_topic.get(record.source.topic, self._otherwise).decode(record)


def _text(key: bytes | None) -> str | None:
    try:
        return key.decode() if key else None
    except UnicodeDecodeError:
        return None


def _moment(timestamp_ms: int) -> datetime | None:
    """None where the record has no timestamp, or one outside the calendar: publishers may write what they like."""
    try:
        return EPOCH + timedelta(milliseconds=timestamp_ms) if timestamp_ms >= 0 else None
    except OverflowError:
        return None
