"""Why bytes are no event in Avro, in words. One function for each way to be wrong."""

from consumer.records import Category, Record, Rejection, Stage

_FIRST_BYTES = 16
_REPUBLISH = "Publish the event again, encoded with the schema that its frame names."


def not_framed(record: Record, value: bytes) -> Rejection:
    """Something else than Confluent's frame."""
    begin = value[:_FIRST_BYTES].hex(" ")
    return _undecoded(
        record,
        "not_framed",
        f"the value does not begin with a zero byte and a schema id of four bytes; its first bytes are {begin}",
        "Publish Avro in Confluent's wire format, as `memory-consumer produce` does.",
    )


def unknown_schema_id(record: Record, schema_id: int) -> Rejection:
    """A frame with an id that nobody knows."""
    return _undecoded(
        record,
        "unknown_schema_id",
        f"no schema has the id {schema_id}",
        f"Add the schema with the id {schema_id} to the schema directory and start again, or mend the publisher.",
        schema_id=schema_id,
    )


def trailing_bytes(record: Record, schema_id: int, count: int) -> Rejection:
    """More bytes than the schema accounts for: most likely it was written in another one."""
    return _undecoded(
        record,
        "trailing_bytes",
        f"{count:,} bytes are left over after the event",
        _REPUBLISH,
        schema_id=schema_id,
    )


def undecodable(record: Record, schema_id: int, code: str, error: Exception, stacktrace: str) -> Rejection:
    """Bytes that the schema can't read."""
    messages = {
        "truncated": "the value ends before the event does",
        "invalid_utf8": "a text in the value is not UTF-8",
        "unresolvable": "the value can't be read under the current schema",
        "malformed": "the value does not follow its schema",
    }
    return Rejection(
        record,
        Category.VALIDATION,
        code,
        messages[code],
        _REPUBLISH,
        Stage.VALUE_CONVERTER,
        schema_id=schema_id,
        exception_class=f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        stacktrace=stacktrace,
    )


def _undecoded(record: Record, code: str, message: str, advice: str, schema_id: int | None = None) -> Rejection:
    return Rejection(record, Category.VALIDATION, code, message, advice, Stage.VALUE_CONVERTER, schema_id=schema_id)
