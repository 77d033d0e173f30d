"""Asks now and then where the partitions end that were read to their end.

librdkafka says once that an end is reached. Should its fetching get stuck afterwards, it says nothing at all, as when
nobody writes; only another question tells the two apart. It waits for no answer.
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future

from confluent_kafka import KafkaException
from confluent_kafka.admin._listoffsets import ListOffsetsResultInfo

from consumer.ports import Clock
from consumer.records import TopicPartition

Answers = Mapping[TopicPartition, Future[ListOffsetsResultInfo]]


class EndsWatch:
    """One question at a time. For one thread."""

    def __init__(self, ask: Callable[[Collection[TopicPartition]], Answers], clock: Clock, *, every: float) -> None:
        """`every`: seconds from one question to the next."""
        self._ask = ask
        self._clock = clock
        self._every = every
        self._answers: Answers = {}
        self._ask_at = clock.monotonic() + every

    def ends(self, of: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The ends that were told since the last call; ask for those of these partitions, when it is time.

        What is not told, because Kafka does not answer, is missing.
        """
        if self._clock.monotonic() >= self._ask_at and not self._answers:
            self._ask_at = self._clock.monotonic() + self._every
            self._answers = self._ask(of) if of else {}
        if not all(answer.done() for answer in self._answers.values()):
            return {}
        answers, self._answers = self._answers, {}
        told = {source: _end(answer) for source, answer in answers.items()}
        return {source: end for source, end in told.items() if end is not None}


def _end(answer: Future[ListOffsetsResultInfo]) -> int | None:
    try:
        return int(answer.result().offset)
    except KafkaException:
        return None
