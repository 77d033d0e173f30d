"""The group's positions, sent to Kafka after the database has them. Nobody waits for the answers: SQL is right."""

from collections.abc import Mapping

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.adapters.kafka.assignment import PartitionNotes
from consumer.adapters.kafka.errors import NOT_OURS, error_of
from consumer.ports import Clock
from consumer.positions import stamp
from consumer.records import Claim, Committed, TopicPartition

log = structlog.get_logger(__name__)

SENT_AGAIN_SECONDS = 5.0
"""How often a position that the group refused is sent to it again, while nothing newer is."""


class Commits:
    """Sends positions over the member's consumer, and notes what became of them."""

    def __init__(self, partitions: PartitionNotes, clock: Clock) -> None:
        self._partitions = partitions
        self._clock = clock
        self._send_again_at = 0.0

    def send(self, consumer: Consumer, claims: Mapping[TopicPartition, Claim]) -> None:
        """Send the next offset of each claim that moved, stamped as ours.

        Not synchronously: until a commit is answered librdkafka lets no other call return, and a broker that froze
        answers never. The answer queues behind the records that were fetched ahead, so nobody waits for it.
        """
        moved = {
            source: Committed(claim.next_offset, stamp(claim))
            for source, claim in claims.items()
            if self._partitions.has_moved(source, claim.next_offset)
        }
        self._send(consumer, moved)

    def send_again(self, consumer: Consumer) -> None:
        """Send what the group refused, now that nothing else is to be done. Now and then: it may refuse for ever."""
        if self._clock.monotonic() >= self._send_again_at:
            self._send_again_at = self._clock.monotonic() + SENT_AGAIN_SECONDS
            self._send(consumer, dict(self._partitions.refused()))

    def answered(self, error: KafkaError | None, positions: list[KafkaPartition]) -> None:
        """librdkafka's callback: what the group said of positions that were sent."""
        for position in positions:
            source = TopicPartition(position.topic, position.partition)
            if refused := position.error or error:
                self._refused({source: Committed(position.offset, position.metadata or "")}, refused)
            else:
                self._partitions.acknowledged(source)

    def _send(self, consumer: Consumer, positions: Mapping[TopicPartition, Committed]) -> None:
        if not positions:
            return
        for source, position in positions.items():
            self._partitions.committed(source, position.offset)
        offsets = [
            KafkaPartition(*source, position.offset, position.metadata) for source, position in positions.items()
        ]
        try:
            consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as raised:
            self._refused(positions, error_of(raised))

    def _refused(self, positions: Mapping[TopicPartition, Committed], error: KafkaError) -> None:
        """The database is right, so a position that Kafka does not have costs nothing. It goes when nothing else comes,
        or with the next batch."""
        for source, position in positions.items():
            self._partitions.not_committed(source, position)
        say = log.info if error.code() in NOT_OURS else log.warning
        names = sorted(map(str, positions))
        say("positions not committed to Kafka: SQL has them", partitions=names, reason=error.str())
