"""Framed Avro into events. Whoever wrote the bytes may have meant harm: whatever they are, the answer is a value."""

import traceback
from io import BytesIO
from typing import Any

from fastavro import schemaless_reader, schemaless_writer
from fastavro.read import SchemaResolutionError

from consumer.adapters.avro import rejections
from consumer.adapters.avro.framing import HEADER_BYTES, schema_id_of
from consumer.adapters.avro.schemas import Schemas, WriterSchema
from consumer.memory.model import MemoryEvent
from consumer.memory.validation import validate
from consumer.records import Record, Rejection
from consumer.rejections import empty_value, invalid_event


class AvroDecoder:
    """Implements `consumer.ports.Decoder`."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        """The event, or why there is none. Raises `Transient` where the schema could not be asked for."""
        value = record.value
        if not value:
            return empty_value(record)
        schema_id = schema_id_of(value)
        if schema_id is None:
            return rejections.not_framed(record, value)
        schema = self._schemas.by_id(schema_id)
        if schema is None:
            return rejections.unknown_schema_id(record, schema_id)
        return _decode(record, value, schema)


def _decode(record: Record, value: bytes, schema: WriterSchema) -> MemoryEvent | Rejection:
    stream = BytesIO(value)
    stream.seek(HEADER_BYTES)
    try:
        raw: Any = schemaless_reader(stream, schema.writer, schema.reader)
    except Exception as error:  # noqa: BLE001 - fastavro raises whatever the bytes led to: IndexError, EOFError, ...
        return rejections.undecodable(record, schema.schema_id, _code(error), error, traceback.format_exc())
    if stream.tell() != len(value):
        return rejections.trailing_bytes(record, schema.schema_id, len(value) - stream.tell())
    if raw["event_type"] == "DELETED" and not _is_as_written(raw, value, schema):
        return rejections.undecodable(record, schema.schema_id, "malformed", _NotAsWritten(), "")
    checked = validate(raw)
    if isinstance(checked, tuple):
        return invalid_event(record, checked, schema_id=schema.schema_id)
    return checked


class _NotAsWritten(ValueError):
    """The bytes are not those that a writer makes of this value."""


def _is_as_written(raw: Any, value: bytes, schema: WriterSchema) -> bool:
    """Whether writing the value again gives the same bytes.

    fastavro counts a negative index of an enum or a union from the end, so that a damaged event may come out as a
    valid one. For most that is bad luck; a deletion is for ever, and its event is short.
    """
    if schema.reader is not None:
        return True
    again = BytesIO()
    schemaless_writer(again, schema.writer, raw)
    return again.getbuffer() == memoryview(value)[HEADER_BYTES:]


def _code(error: Exception) -> str:
    match error:
        case EOFError():
            return "truncated"
        case UnicodeDecodeError():
            return "invalid_utf8"
        case SchemaResolutionError():
            return "unresolvable"
    return "malformed"
