"""SIGTERM and SIGINT: the first asks the loop to stop, the second ends the process at once.

Ending at once is safe: what is not committed is read again.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from consumer.stopping import Stop

STOPPING = (signal.SIGTERM, signal.SIGINT)


def exit_code(number: int) -> int:
    """The exit code of a process ended by that signal, as shells have it."""
    return 128 + number


@contextmanager
def stopping_on_signals(stop: Stop) -> Iterator[None]:
    """Turn signals into requests to stop, while inside. For the main thread only."""

    def handle(number: int, _: FrameType | None) -> None:
        if stop.requested:
            os._exit(exit_code(number))
        stop.request(signal.Signals(number).name)

    before = {number: signal.signal(number, handle) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
