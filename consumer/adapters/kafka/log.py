"""librdkafka's own log, through the standard library's logging: the same place and form as everything else."""

import logging
import time

QUIET_SECONDS = 30.0


class OnceInAWhile(logging.Filter):
    """Lets one line of a kind through every half a minute: a broker that is away is complained of ten times a second.

    The kind is the facility that librdkafka puts first: `FAIL [client] [thread]: what happened`. Remarks on
    configuration are left out: the same properties are passed to consumer, producer and admin client, and each would
    remark on those of the others.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is worth writing."""
        kind = record.getMessage().partition(" ")[0]
        now = time.monotonic()
        if kind == "CONFWARN" or now - self._said.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said[kind] = now
        return True


def librdkafka_log() -> logging.Logger:
    """The logger to hand to a client."""
    logger = logging.getLogger("librdkafka")
    if not any(isinstance(present, OnceInAWhile) for present in logger.filters):
        logger.addFilter(OnceInAWhile())
    return logger
