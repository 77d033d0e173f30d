"""Why a record is no event, in words that hold for every format. Pure."""

from consumer.memory.field_errors import FieldErrors
from consumer.records import Category, Record, Rejection, Stage


def empty_value(record: Record) -> Rejection:
    """A tombstone of Kafka's, or no bytes at all."""
    return Rejection(
        record,
        Category.VALIDATION,
        "empty_value",
        "the record has no value",
        "To erase a memory, publish an event of type DELETED, not a tombstone.",
        Stage.VALUE_CONVERTER,
    )


def invalid_event(
    record: Record, errors: FieldErrors, *, schema_id: int | None = None, stage: Stage = Stage.TRANSFORMATION
) -> Rejection:
    """An event that breaks the rules of its fields. With a single error the code is that error's own."""
    first = errors[0]
    message = f"{first.path or 'the value'} {first.message}"
    if len(errors) > 1:
        message = f"{len(errors)} field errors, the first: {message}"
    return Rejection(
        record,
        Category.VALIDATION,
        first.code if len(errors) == 1 else "invalid_event",
        message,
        first.advice if len(errors) == 1 else "Mend the fields listed, then publish the event again.",
        stage,
        errors=errors,
        schema_id=schema_id,
    )
