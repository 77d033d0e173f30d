"""Whether a topic is still the one that it was. Asked in passing: nobody waits for the answer."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future

import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin._topic import TopicDescription

from consumer.adapters.kafka.errors import UNKNOWN_TOPIC, error_of
from consumer.adapters.kafka.lookups import topic_id
from consumer.errors import ConsumerError
from consumer.ports import Clock

log = structlog.get_logger(__name__)

ASK_EVERY_SECONDS = 10.0
"""A topic that is deleted and made anew under a running consumer is noticed within that time."""

Ask = Callable[[Collection[str]], Mapping[str, Future[TopicDescription]]]


class TopicWatch:
    """Compares the ids that topics had when their partitions were claimed with those that they have now."""

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._ids: dict[str, str] = {}
        self._made_anew: set[str] = set()
        self._gone: frozenset[str] = frozenset()
        self._asked: Mapping[str, Future[TopicDescription]] = {}
        self._ask_at = 0.0

    @property
    def trouble(self) -> str | None:
        """Which topics are gone; None while all are there. May be read from another thread."""
        gone = self._gone
        return f"there is no topic {' nor '.join(sorted(gone))} any more" if gone else None

    def found(self, topic: str, topic_id: str | None) -> None:
        """A claim found the topic with that id; None where the cluster has no ids: then there is nothing to watch.

        If it is another than before, the topic's other partitions have to be claimed anew, too.
        """
        if topic_id is not None:
            if self._ids.get(topic, topic_id) != topic_id:
                self._made_anew.add(topic)
                self._asked = {}  # the answer may be of before
            self._ids[topic] = topic_id
            self._gone -= {topic}

    def made_anew(self) -> set[str]:
        """The topics that turned out to be others than they were, each told once. Waits for nothing, never raises."""
        told, self._made_anew = self._made_anew, set()
        if self._asked and all(future.done() for future in self._asked.values()):
            now, self._asked = self._asked, {}
            self._note_gone({topic for topic, future in now.items() if _is_unknown(future)})
            told |= {topic for topic, future in now.items() if self._is_another(topic, future)}
        elif not self._asked and self._ids and self._clock.monotonic() >= self._ask_at:
            self._ask_at = self._clock.monotonic() + ASK_EVERY_SECONDS
            self._asked = self._ask(self._ids)
        return told

    def suspect(self) -> None:
        """Something went wrong that would if a topic were gone: ask at once."""
        self._ask_at = 0.0

    def _note_gone(self, gone: set[str]) -> None:
        """Of a topic that can't be asked for nothing is known any more: that shows elsewhere."""
        for topic in sorted(gone - self._gone):
            log.warning("the topic is gone: waiting until it is there again", topic=topic)
        self._gone = frozenset(gone)

    def _is_another(self, topic: str, future: Future[TopicDescription]) -> bool:
        try:
            now = topic_id(topic, future)
        except ConsumerError:
            return False  # whatever keeps us from asking shows where it matters: in reading, or at the next claim
        if not isinstance(now, str) or self._ids.get(topic, now) == now:
            return False
        self._ids[topic] = now
        return True


def _is_unknown(future: Future[TopicDescription]) -> bool:
    raised = future.exception()
    return isinstance(raised, KafkaException) and error_of(raised).code() in UNKNOWN_TOPIC
