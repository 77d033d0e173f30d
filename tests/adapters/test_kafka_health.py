"""What becomes of librdkafka's complaints."""

import logging

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumer.adapters.kafka.errors import as_error, error_of
from consumer.adapters.kafka.health import REPEATED_SECONDS, KafkaHealth
from consumer.adapters.kafka.log import OnceInAWhile
from consumer.errors import Fatal, Transient
from tests.fakes.clock import HandClock

AWAY = KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down")


def test_what_passes_is_a_reason_to_show_until_kafka_answers() -> None:
    health = KafkaHealth(HandClock())
    health.complain(AWAY)
    assert health.trouble == "can't read from Kafka: 1/1 brokers are down (_ALL_BROKERS_DOWN)"
    health.check()
    health.well()
    assert health.trouble is None


def test_a_complaint_that_is_not_repeated_is_forgotten() -> None:
    clock = HandClock()
    health = KafkaHealth(clock)
    health.complain(AWAY)
    clock.pass_(REPEATED_SECONDS - 1)
    health.complain(AWAY)
    clock.pass_(REPEATED_SECONDS - 1)
    assert health.trouble
    clock.pass_(2)
    assert health.trouble is None


def test_trouble_is_not_over_from_one_complaint_to_the_next() -> None:
    clock = HandClock()
    health = KafkaHealth(clock)
    for _ in range(3):
        health.complain(AWAY)
        clock.pass_(2 * 31 + 1)
        assert health.trouble


def test_what_does_not_pass_is_raised_by_the_next_check_not_by_the_callback() -> None:
    health = KafkaHealth(HandClock())
    health.complain(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))
    health.complain(AWAY)
    with pytest.raises(Fatal, match="GROUP_AUTHORIZATION_FAILED") as raised:
        health.check()
    assert "READ" in raised.value.advice


def test_too_rare_polls_are_no_trouble_of_kafkas() -> None:
    health = KafkaHealth(HandClock())
    health.complain(KafkaError(KafkaError._MAX_POLL_EXCEEDED))
    health.check()
    assert health.trouble is None


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (KafkaError(KafkaError._TRANSPORT), Transient),
        (KafkaError(KafkaError._TIMED_OUT), Transient),
        (KafkaError(KafkaError.NOT_COORDINATOR), Transient),
        (KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), Transient),
        (KafkaError(KafkaError._AUTHENTICATION), Fatal),
        (KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED), Fatal),
        (KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED), Fatal),
        (KafkaError(KafkaError.UNSUPPORTED_VERSION), Fatal),
        (KafkaError(KafkaError._FATAL, "lost count", fatal=True), Fatal),
        (KafkaError(KafkaError._FATAL, "told by a message"), Fatal),
    ],
    ids=lambda each: each.name() if isinstance(each, KafkaError) else each.__name__,
)
def test_an_error_is_ours_by_what_can_be_done(error: KafkaError, ours: type[Exception]) -> None:
    mapped = as_error(error_of(KafkaException(error)), "do it")
    assert type(mapped) is ours
    assert str(mapped).startswith("can't do it: ")
    assert bool(mapped.advice) is (ours is Fatal)


def test_the_log_lets_one_line_of_a_kind_through_and_no_remarks_on_configuration() -> None:
    once = OnceInAWhile()

    def passes(text: str) -> bool:
        return once.filter(logging.LogRecord("librdkafka", logging.ERROR, "", 0, text, None, None))

    assert passes("FAIL [one] [thrd:a]: refused")
    assert not passes("FAIL [one] [thrd:a]: refused")
    assert passes("REQTMOUT [one] [thrd:a]: timed out")
    assert not passes("CONFWARN [one] [thrd:a]: a consumer property")
