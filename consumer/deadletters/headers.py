"""The headers of a dead letter."""

from enum import StrEnum


class Header(StrEnum):
    """The names of the headers on a dead letter: Kafka Connect's, which existing tools read, and our own.

    All values are UTF-8 strings. See `consumer.deadletters.letter` for what each holds.
    """

    CONNECT_TOPIC = "__connect.errors.topic"
    CONNECT_PARTITION = "__connect.errors.partition"
    CONNECT_OFFSET = "__connect.errors.offset"
    CONNECT_CONNECTOR = "__connect.errors.connector.name"
    CONNECT_TASK = "__connect.errors.task.id"
    CONNECT_STAGE = "__connect.errors.stage"
    CONNECT_CLASS = "__connect.errors.class.name"
    CONNECT_EXCEPTION = "__connect.errors.exception.class.name"
    CONNECT_MESSAGE = "__connect.errors.exception.message"
    CONNECT_STACKTRACE = "__connect.errors.exception.stacktrace"

    ID = "dlq.id"
    CATEGORY = "dlq.category"
    CODE = "dlq.code"
    ADVICE = "dlq.advice"
    ATTEMPTS = "dlq.attempts"
    FIRST_FAILED_AT = "dlq.first_failed_at"
    FAILED_AT = "dlq.failed_at"
    GROUP = "dlq.group"
    SCHEMA_ID = "dlq.schema_id"
    ERRORS = "dlq.errors"
    TIMESTAMP = "dlq.timestamp"
    TRACEPARENT = "dlq.traceparent"
    RETRY_AFTER = "dlq.retry_after"

    PAYLOAD_SHA256 = "dlq.payload_sha256"
    PAYLOAD_BYTES = "dlq.payload_bytes"
    PAYLOAD_AT = "dlq.payload_at"
    PAYLOAD_WITHOUT = "dlq.payload_without"


ERROR_HEADERS = frozenset(Header)
"""What a dead letter adds to its record. A record that fails again sheds those of the failure before."""
