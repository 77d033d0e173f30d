"""How far the publisher may run ahead of the consumer.

librdkafka's own cluster keeps 5 MiB a partition and silently drops the oldest beyond that, read or not. So the bytes
that are published and not yet consumed are bounded, for all partitions together.
"""

from threading import Condition

AHEAD_BYTES = 3 * 1024 * 1024


class Closed(Exception):
    """The consumer is gone: there is nobody to publish for."""


class Pace:
    """Shared by the thread that publishes and the one that consumes."""

    def __init__(self, ahead_bytes: int = AHEAD_BYTES) -> None:
        self._ahead_bytes = ahead_bytes
        self._outstanding = 0
        self._is_closed = False
        self._changed = Condition()

    def publishing(self, size: int) -> None:
        """Wait until so many bytes more may be published: what is too large for the bound goes alone.

        Raises `Closed` once `close` was called.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._has_room(size))
            if self._is_closed:
                raise Closed
            self._outstanding += size

    def consumed(self, size: int) -> None:
        """So many bytes are done with."""
        with self._changed:
            self._outstanding -= size
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        return self._outstanding == 0 or self._outstanding + size <= self._ahead_bytes
