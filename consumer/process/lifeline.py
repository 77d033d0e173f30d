"""A worker ends when its supervisor is gone: killed, it could not tell its workers any more.

The supervisor holds one end of a pipe, which nobody writes to; each worker waits at the other. When the supervisor
ends, whatever the reason, the system closes its end, and the workers wake up.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

import structlog

log = structlog.get_logger(__name__)

VARIABLE = "MEMORY_CONSUMER_LIFELINE"
"""Names the worker's end of the pipe in its environment."""


@contextmanager
def lifeline() -> Iterator[dict[str, str]]:
    """The environment for workers that are to end when this process does, or with the `with`."""
    theirs, ours = os.pipe()
    os.set_inheritable(theirs, True)
    try:
        yield {**os.environ, VARIABLE: str(theirs)}
    finally:
        os.close(theirs)
        os.close(ours)


def hold_lifeline(environment: Mapping[str, str] = os.environ) -> None:
    """In a worker: be asked to stop, by SIGTERM, once the supervisor is gone. Elsewhere: nothing."""
    if end := environment.get(VARIABLE):
        Thread(target=_wait_for_its_end, args=(int(end),), name="lifeline", daemon=True).start()


def _wait_for_its_end(lifeline: int) -> None:
    os.read(lifeline, 1)
    log.warning("the supervisor is gone: stopping")
    os.kill(os.getpid(), signal.SIGTERM)
