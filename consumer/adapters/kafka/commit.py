"""A commit of positions, under way."""

from collections.abc import Mapping
from threading import Thread

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.adapters.kafka.errors import error_of
from consumer.positions import stamp
from consumer.records import Claim, TopicPartition


class Commit:
    """Writes positions to Kafka, synchronously, in a thread of its own.

    The group takes several milliseconds to write an offset down, and a broker that froze never answers, whatever the
    timeouts say. The loop waits for neither: a position in Kafka is an echo of the one in SQL. (librdkafka's
    asynchronous commit would do without a thread, but its answer queues behind all records that were fetched ahead.)
    """

    def __init__(self, consumer: Consumer, claims: Mapping[TopicPartition, Claim]) -> None:
        self.next_offsets = {source: claim.next_offset for source, claim in claims.items()}
        self.errors: dict[TopicPartition, KafkaError] = {}
        """What went wrong, by partition, once it is `done`."""
        self._consumer = consumer
        self._positions = [
            KafkaPartition(source.topic, source.partition, claim.next_offset, stamp(claim))
            for source, claim in claims.items()
        ]
        self._thread = Thread(target=self._run, name="kafka-commit", daemon=True)
        self._thread.start()

    def done(self, within: float) -> bool:
        """Wait for the answer, but not longer than that. Whether it has come."""
        self._thread.join(within)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            answered = self._consumer.commit(offsets=self._positions, asynchronous=False)
        except KafkaException as raised:
            self.errors = dict.fromkeys(self.next_offsets, error_of(raised))
        except RuntimeError:  # closed meanwhile: nobody asks any more
            return
        else:
            self.errors = {
                TopicPartition(each.topic, each.partition): each.error for each in answered or () if each.error
            }
