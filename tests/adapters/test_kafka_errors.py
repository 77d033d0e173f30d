"""What a producer died of, in whatever shape the binding raises it."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumer.adapters.kafka.errors import CLIENT_IS_DEAD, as_error, death_of
from consumer.errors import Fatal

LOST_COUNT = KafkaError(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, "lost count", fatal=True)
PASSING = KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION, "moved")


def out_of_a_callback(cause: BaseException | None) -> SystemError:
    raised = SystemError("returned a result with an exception set")
    raised.__cause__ = cause
    return raised


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (KafkaException(LOST_COUNT), LOST_COUNT.code()),
        (out_of_a_callback(KafkaException(LOST_COUNT)), LOST_COUNT.code()),
        (out_of_a_callback(out_of_a_callback(KafkaException(LOST_COUNT))), LOST_COUNT.code()),
        (out_of_a_callback(None), CLIENT_IS_DEAD),
        (out_of_a_callback(out_of_a_callback(None)), CLIENT_IS_DEAD),
    ],
)
def test_a_death_is_known_however_it_is_told(raised: KafkaException | SystemError, code: int) -> None:
    death = death_of(raised)
    assert death is not None
    assert death.code() == code
    assert isinstance(as_error(death, "publish"), Fatal)


@pytest.mark.parametrize(
    "raised",
    [
        KafkaException(PASSING),
        out_of_a_callback(KafkaException(PASSING)),
        out_of_a_callback(ValueError("ours")),
    ],
)
def test_what_is_no_death_is_taken_for_none(raised: KafkaException | SystemError) -> None:
    assert death_of(raised) is None
