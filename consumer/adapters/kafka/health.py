"""How the connection to Kafka is: what librdkafka complained of lately, and whether it is past mending."""

import structlog
from confluent_kafka import KafkaError

from consumer.adapters.kafka.errors import POLLED_TOO_RARELY, as_error
from consumer.errors import Fatal
from consumer.ports import Clock

log = structlog.get_logger(__name__)

REPEATED_SECONDS = 75.0
"""librdkafka complains every 31 s while something is wrong: when it has missed two turns, it is over."""


class KafkaHealth:
    """Collects errors that are nobody's answer. What passes is a reason to show; what does not is raised by `check`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._fatal: Fatal | None = None
        self._trouble: str | None = None
        self._complained_at = 0.0

    @property
    def trouble(self) -> str | None:
        """Why nothing comes; None when all is well. May be read from another thread."""
        is_over = self._clock.monotonic() - self._complained_at > REPEATED_SECONDS
        return None if is_over else self._trouble

    def complain(self, error: KafkaError) -> None:
        """Note an error. Never raises: it is called from callbacks."""
        ours = as_error(error, "read from Kafka")
        if isinstance(ours, Fatal):
            self._fatal = self._fatal or ours
        elif error.code() == POLLED_TOO_RARELY:
            log.warning("the batch took longer than max.poll.interval.ms: the group gave our partitions away")
        else:
            self._note(str(ours))

    def well(self) -> None:
        """Kafka answered."""
        if self._trouble:
            log.info("Kafka answers again")
        self._trouble = None

    def check(self) -> None:
        """Raises `Fatal` when something happened that no waiting mends."""
        if self._fatal:
            raise self._fatal

    def _note(self, trouble: str) -> None:
        if self.trouble is None:
            log.warning("Kafka is in trouble", reason=trouble)
        self._complained_at, self._trouble = self._clock.monotonic(), trouble
