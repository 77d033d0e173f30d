"""Publishes memory events, and counts what the broker has acknowledged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumer.adapters.kafka.config import client_config, refusals_told
from consumer.adapters.kafka.errors import QUEUE_FULL, UNKNOWN_TOPIC, as_error, death_of, error_of
from consumer.errors import Fatal
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import Raw
from consumer.records import Headers

_DEFAULTS = {
    "linger.ms": "20",
    "compression.type": "lz4",
    "delivery.timeout.ms": "60000",
    "queue.buffering.max.messages": "20000",
    "queue.buffering.max.kbytes": "32768",
}
_POLL_SECONDS = 0.25
_MOST_KEPT = 10


class KafkaPublisher:
    """Sends events to one topic, each under its memory's id. Not thread-safe.

    Idempotent: the broker drops what librdkafka sends twice. At most 20,000 messages or 32 MiB wait to be sent; then
    publishing waits for room.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        encode: Callable[[MemoryEvent | Raw], bytes],
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """`properties` are librdkafka's own and win over ours; but writes are idempotent and acknowledged by all.

        Raises `SettingsError` for one that librdkafka won't have.
        """
        config = client_config(bootstrap_servers, {**_DEFAULTS, **(properties or {})})
        with refusals_told():
            self._producer = Producer({**config, "enable.idempotence": True, "acks": "all"})
        self._topic = topic
        self._encode = encode
        self.acknowledged = 0
        self.failed = 0
        self._failures: list[str] = []

    @property
    def failures(self) -> Sequence[str]:
        """Why messages were not acknowledged: the first ten."""
        return self._failures

    def check(self, seconds: float = 10.0) -> None:
        """Make sure that there is somebody to publish to.

        Raises `Transient` when no broker answers in time, `Fatal` when there is no such topic.
        """
        doing = f"publish to {self._topic}"
        try:
            found = self._producer.list_topics(self._topic, timeout=seconds).topics[self._topic].error
        except KafkaException as raised:
            raise as_error(error_of(raised), doing) from raised
        if found is not None and found.code() in UNKNOWN_TOPIC:
            raise Fatal(f"there is no topic {self._topic}", advice="Create the topic, or name another with --topic.")

    def publish(self, event: MemoryEvent) -> None:
        """Send an event. It is on its way when this returns; `flush` tells whether it arrived."""
        self.publish_raw(event.memory_id.encode(), self._encode(event))

    def publish_raw(self, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        """Send any bytes. A message that librdkafka will not even take counts as failed.

        Raises `Fatal` when the producer is past mending.
        """
        with self._death_told():
            while not self._was_taken(key, value, headers):
                self._producer.poll(_POLL_SECONDS)
            self._producer.poll(0)

    def flush(self) -> int:
        """Wait until every message has been acknowledged or given up. Returns how many were acknowledged in all.

        Raises `Fatal` when the producer is past mending.
        """
        with self._death_told():
            while self._producer.flush(_POLL_SECONDS):
                pass
        return self.acknowledged

    @contextmanager
    def _death_told(self) -> Iterator[None]:
        try:
            yield
        except (KafkaException, SystemError) as raised:
            if death := death_of(raised):
                raise as_error(death, f"publish to {self._topic}") from raised
            raise

    def _was_taken(self, key: bytes | None, value: bytes | None, headers: Headers) -> bool:
        try:
            self._producer.produce(self._topic, value, key, headers=list(headers), on_delivery=self._delivered)
        except BufferError:
            return False
        except KafkaException as raised:
            if death_of(raised):
                raise
            error = error_of(raised)
            if error.code() == QUEUE_FULL:
                return False
            self._give_up(error)
        return True

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self._give_up(error)

    def _give_up(self, error: KafkaError) -> None:
        self.failed += 1
        if len(self._failures) < _MOST_KEPT:
            self._failures.append(f"{error.str()} ({error.name()})")
