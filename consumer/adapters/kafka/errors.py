"""librdkafka's errors as ours: what passes, and what does not."""

# ruff: noqa: SLF001 - the underscore in front of an error's name says that librdkafka raised it, not the broker

from confluent_kafka import KafkaError, KafkaException

from consumer.errors import ConsumerError, Fatal, Transient

_CREDENTIALS = "Check security.protocol, sasl.* and ssl.* (CONSUMER_KAFKA__...) against the broker's listeners."
_RIGHTS = (
    "Grant the principal what it lacks (kafka-acls): READ on topics and group, WRITE on the dead-letter topic; "
    "brokers older than 2.8 want IDEMPOTENT_WRITE on the cluster, too."
)
_KEYLESS = "A compacted topic takes no record without a key: give the dead-letter topic cleanup.policy=delete."
_FEATURE = "Use a broker that has the feature, or take the property away that asks for it."
_STILL_TAKEN = (
    "A process of that group.instance.id did not leave the group: start again once its session has timed out (the"
    " broker's group.consumer.session.timeout.ms, 45 s unless set)."
)
_STATIC = "Give every process a group.instance.id of its own, or none."

_FATAL = {
    KafkaError._AUTHENTICATION: _CREDENTIALS,
    KafkaError.SASL_AUTHENTICATION_FAILED: _CREDENTIALS,
    KafkaError.UNSUPPORTED_SASL_MECHANISM: _CREDENTIALS,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: _RIGHTS,
    KafkaError.GROUP_AUTHORIZATION_FAILED: _RIGHTS,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: _RIGHTS,
    KafkaError.INVALID_RECORD: _KEYLESS,
    KafkaError.UNSUPPORTED_VERSION: _FEATURE,
    KafkaError._UNSUPPORTED_FEATURE: _FEATURE,
    KafkaError.FENCED_INSTANCE_ID: _STATIC,
    KafkaError.UNRELEASED_INSTANCE_ID: _STILL_TAKEN,
    KafkaError._FENCED: _STATIC,
}
"""What no waiting mends, and what does."""

NOT_OURS = frozenset(
    {
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.STALE_MEMBER_EPOCH,
        KafkaError.FENCED_MEMBER_EPOCH,
        KafkaError._ASSIGNMENT_LOST,
        KafkaError._STATE,
    }
)
"""A commit that the group refuses because a rebalance is on or we are out of it."""

UNKNOWN_TOPIC = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION})
"""There is no such topic, or no such partition of it."""

CANT_TELL = frozenset({KafkaError._UNSUPPORTED_FEATURE, KafkaError.UNSUPPORTED_VERSION})
"""The broker is too old for the question."""

NO_RIGHT_TO_ASK = KafkaError.TOPIC_AUTHORIZATION_FAILED
END_OF_PARTITION = KafkaError._PARTITION_EOF
OUT_OF_RANGE = KafkaError._AUTO_OFFSET_RESET
POLLED_TOO_RARELY = KafkaError._MAX_POLL_EXCEEDED
TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
CLIENT_IS_DEAD = KafkaError._FATAL
QUEUE_FULL = KafkaError._QUEUE_FULL


def as_error(error: KafkaError, doing: str) -> ConsumerError:
    """Our error for one of librdkafka's. `doing` says what was tried, as in "can't ...: <error>"."""
    message = f"can't {doing}: {error.str()} ({error.name()})"
    if error.code() in _FATAL:
        return Fatal(message, advice=_FATAL[error.code()])
    if error.fatal() or error.code() == CLIENT_IS_DEAD:
        return Fatal(
            message, advice=f"Start the consumer again; look at the broker's log if it happens again. {_STATIC}"
        )
    return Transient(message)


def is_hopeless(error: KafkaError) -> bool:
    """Whether a person has to do something about it, whoever tries again."""
    return error.code() in _FATAL


def error_of(raised: KafkaException) -> KafkaError:
    """The error inside the exception."""
    error: KafkaError = raised.args[0]
    return error


def death_of(raised: KafkaException | SystemError) -> KafkaError | None:
    """What a producer died of, if that is why a call of it raised.

    The binding raises such an error out of whatever call is on, and goes on with the callbacks all the same: what
    Python makes of a callback that runs while an exception is set is a `SystemError` caused by that exception; or by
    nothing, where the callback swallowed it.
    """
    cause: BaseException | None = raised
    while isinstance(cause, SystemError):
        cause = cause.__cause__
    if cause is None:
        return KafkaError(CLIENT_IS_DEAD, "the producer died, and what of was lost on the way", fatal=True)
    if isinstance(cause, KafkaException) and error_of(cause).fatal():
        return error_of(cause)
    return None
