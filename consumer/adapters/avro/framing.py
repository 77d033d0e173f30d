"""Confluent's wire format: a zero byte, the schema id in four bytes, big-endian, then the Avro value."""

MAGIC = 0
HEADER_BYTES = 5
LARGEST_ID = 0xFFFF_FFFF


def frame(schema_id: int, payload: bytes) -> bytes:
    """The payload with its frame. Raises `ValueError` for an id that four bytes can't hold."""
    if not 0 <= schema_id <= LARGEST_ID:
        raise ValueError(f"a schema id is 0 to {LARGEST_ID}, not {schema_id}")
    return schema_id.to_bytes(HEADER_BYTES, "big") + payload


def schema_id_of(value: bytes) -> int | None:
    """The schema id in the frame; None where there is no whole frame."""
    if len(value) < HEADER_BYTES or value[0] != MAGIC:
        return None
    return int.from_bytes(value[1:HEADER_BYTES], "big")
