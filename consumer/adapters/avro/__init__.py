"""Events in Avro on the wire: Confluent's frame, schemas by id out of a directory, fastavro for the values."""

from consumer.adapters.avro.decoder import AvroDecoder
from consumer.adapters.avro.encoder import AvroEncoder
from consumer.adapters.avro.framing import frame
from consumer.adapters.avro.schemas import SchemaDirectory

__all__ = ["AvroDecoder", "AvroEncoder", "SchemaDirectory", "frame"]
