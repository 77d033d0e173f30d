"""Several observers as one."""

from collections.abc import Sequence

from consumer.ports import Observer
from consumer.records import Batch, Written


class Observers:
    """Implements `ports.Observer` by telling each of them in turn."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """A batch is committed."""
        for observer in self._observers:
            observer.batch_done(batch, written, seconds)

    def waiting(self, reason: str) -> None:
        """The loop waits."""
        for observer in self._observers:
            observer.waiting(reason)

    def turned(self) -> None:
        """The loop went round."""
        for observer in self._observers:
            observer.turned()
