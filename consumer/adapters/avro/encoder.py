"""Events into framed Avro."""

from io import BytesIO

from fastavro import parse_schema, schemaless_writer

from consumer.adapters.avro.framing import frame
from consumer.adapters.avro.schemas import without_logical_types
from consumer.memory.contract import CURRENT_SCHEMA_ID, current_schema
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import Raw, to_raw


class AvroEncoder:
    """Writes events in the current schema."""

    def __init__(self, schema_id: int = CURRENT_SCHEMA_ID) -> None:
        """`schema_id` is the id under which the readers know the current schema."""
        self._schema_id = schema_id
        self._schema = parse_schema(without_logical_types(current_schema()))

    def encode(self, event: MemoryEvent | Raw) -> bytes:
        """The framed bytes. A raw event needs to fit Avro's types only, not the rules of its fields.

        Raises `ValueError` for a raw event that does not fit them.
        """
        raw = to_raw(event) if isinstance(event, MemoryEvent) else event
        payload = BytesIO()
        try:
            schemaless_writer(payload, self._schema, raw, strict_allow_default=True)
        except (TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
            raise ValueError(f"the event does not fit the schema: {error}") from error
        return frame(self._schema_id, payload.getvalue())
