"""The dead-letter topic, read from one end to the other."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, Message
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.adapters.kafka.config import QUIET, consumer_config, refusals_told
from consumer.adapters.kafka.errors import END_OF_PARTITION, as_error, error_of
from consumer.adapters.kafka.lookups import KafkaLookups, Kept
from consumer.adapters.kafka.messages import record_of
from consumer.errors import Transient
from consumer.records import Record, TopicPartition

SLICE_SECONDS, SLICES = 0.25, 40
"""How long nothing may come before the end, and in what slices that is waited, so that signal handlers get to run."""


class LetterReader:
    """Reads what is there, joins no group, and commits nothing. A context manager."""

    def __init__(self, bootstrap_servers: str, topic: str, properties: Mapping[str, str] | None = None) -> None:
        self._topic = topic
        self._lookups = KafkaLookups(bootstrap_servers, properties)
        # librdkafka wants a group's name all the same. Static membership is for those who join.
        own = {name: value for name, value in (properties or {}).items() if name != "group.instance.id"}
        with refusals_told():
            self._consumer = Consumer({**consumer_config(bootstrap_servers, f"{topic}-reader", own), **QUIET})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def letters(self) -> Iterator[Record]:
        """Every letter that is there by now, in the order of offsets within each partition. None where there is no such
        topic. Raises `Transient` where Kafka does not answer."""
        sources = self._lookups.partitions(self._topic)
        unread = {source: kept for source, kept in self._kept(sources).items() if kept.earliest < kept.end}
        if not unread:
            return
        self._consumer.assign([KafkaPartition(*source, kept.earliest) for source, kept in unread.items()])
        while unread:
            message = self._next()
            source = TopicPartition(str(message.topic()), message.partition() or 0)
            if source not in unread:
                continue
            if message.error() is None:
                yield record_of(source, message)
            if self._is_at_end(message, unread[source]):
                del unread[source]

    def _kept(self, sources: list[TopicPartition]) -> dict[TopicPartition, Kept]:
        kept: dict[TopicPartition, Kept] = {}
        for source, answer in self._lookups.kept(sources).items():
            if isinstance(answer, Transient):
                raise answer
            kept[source] = answer
        return kept

    def _next(self) -> Message:
        for _ in range(SLICES):
            try:
                message = self._consumer.poll(SLICE_SECONDS)
            except KafkaException as raised:
                raise as_error(error_of(raised), f"read {self._topic}") from raised
            if message is not None:
                return message
        raise Transient(f"{self._topic}: nothing came for {SLICE_SECONDS * SLICES:g} seconds, and it has more")

    def _is_at_end(self, message: Message, kept: Kept) -> bool:
        error = message.error()
        if error is None:
            return (message.offset() or 0) + 1 >= kept.end
        if error.code() == END_OF_PARTITION:
            return True
        raise as_error(error, f"read {self._topic}")
