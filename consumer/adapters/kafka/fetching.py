"""What librdkafka is to fetch: of which partitions, from where, and which of them wait."""

from collections.abc import Callable, Collection

import structlog
from confluent_kafka import OFFSET_BEGINNING, OFFSET_INVALID, Consumer, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.adapters.kafka.errors import error_of
from consumer.records import TopicPartition

log = structlog.get_logger(__name__)


class Fetching:
    """The reins of a member's consumer. Methods raise `KafkaException` unless they say that they never raise."""

    def __init__(self, consumer: Consumer, *, is_eager: bool) -> None:
        """`is_eager`: whether partitions are given and taken all at once, see `config.is_eager`."""
        self._consumer = consumer
        self._is_eager = is_eager

    def add(self, sources: Collection[TopicPartition]) -> None:
        """Paused, at the earliest offset, which always exists: without one a partition can't be sought later."""
        add = self._consumer.assign if self._is_eager else self._consumer.incremental_assign
        add([_kafka(source, OFFSET_BEGINNING) for source in sources])
        self._consumer.pause([_kafka(source) for source in sources])

    def add_again(self, sources: Collection[TopicPartition]) -> None:
        """Take them away and add them. Where partitions are given all at once, these have to be all of them."""
        if not self._is_eager:
            self._consumer.incremental_unassign([_kafka(source) for source in sources])
        self.add(sources)

    def start(self, source: TopicPartition, offset: int) -> None:
        """Fetch from this offset on.

        Sought first, so that nothing of elsewhere is fetched once it is resumed; and again after that, because a
        resumed partition is fetched from when its turn comes, up to a second later, a sought one at once.
        """
        position = _kafka(source, offset)
        self._consumer.seek(position)
        self._consumer.resume([position])
        self._consumer.seek(position)

    def pause(self, sources: Collection[TopicPartition]) -> None:
        """Fetch nothing of them. Never raises."""
        self._tell(self._consumer.pause, sources)

    def resume(self, sources: Collection[TopicPartition]) -> None:
        """Fetch on where it was left. Never raises."""
        self._tell(self._consumer.resume, sources)

    def _tell(self, tell: Callable[[list[KafkaPartition]], None], sources: Collection[TopicPartition]) -> None:
        try:
            tell([_kafka(source) for source in sources])
        except KafkaException as raised:
            # Only partitions that are not ours any more are refused, and then there is nothing to pause or resume.
            names = sorted(map(str, sources))
            log.debug("not paused or resumed", partitions=names, reason=error_of(raised).str())


def _kafka(source: TopicPartition, offset: int = OFFSET_INVALID) -> KafkaPartition:
    return KafkaPartition(source.topic, source.partition, offset)
