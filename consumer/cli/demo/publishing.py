"""The thread that publishes, as fast as the pace allows."""

from collections.abc import Callable, Iterable
from threading import Thread
from typing import NamedTuple, Protocol

from consumer.cli.demo.pacing import Closed, Pace


class Message(NamedTuple):
    """What is published: bytes, whatever they are."""

    key: bytes | None
    value: bytes | None

    @property
    def size(self) -> int:
        """Bytes of key and value, as a `Record` counts them."""
        return len(self.key or b"") + len(self.value or b"")


class Sink(Protocol):
    """Where messages go."""

    def publish_raw(self, key: bytes | None, value: bytes | None) -> None:
        """Send one; it may still be under way when this returns."""

    def flush(self) -> int:
        """Wait for what is under way. Returns how many were acknowledged in all."""


class Publishing:
    """Publishes all messages in a thread of its own, then tells how many the broker has acknowledged.

    `acknowledged` is None until then; `error` is what ended it early.
    """

    def __init__(self, messages: Iterable[Message], sink: Sink, pace: Pace) -> None:
        self._messages = messages
        self._sink = sink
        self._pace = pace
        self._thread: Thread | None = None
        self.acknowledged: int | None = None
        self.error: Exception | None = None

    def start(self, ended: Callable[[], None]) -> None:
        """Publish until the messages end or the consumer is gone; then call `ended`, whatever happened."""
        self._thread = Thread(target=self._run, args=(ended,), name="publisher", daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the thread to end, but not longer."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, ended: Callable[[], None]) -> None:
        try:
            self._publish()
        except Exception as error:  # noqa: BLE001 - raised again in the thread that reports
            self.error = error
        finally:
            ended()

    def _publish(self) -> None:
        try:
            for message in self._messages:
                self._pace.publishing(message.size)
                self._sink.publish_raw(message.key, message.value)
        except Closed:
            return
        self.acknowledged = self._sink.flush()
