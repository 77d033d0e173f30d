"""Questions to Kafka that change nothing: topics, their limits, and where a group stands."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._listoffsets import ListOffsetsResultInfo, OffsetSpec
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._topic import TopicDescription

from consumer.adapters.kafka.config import QUIET, consumer_config, quiet_config, refusals_told
from consumer.adapters.kafka.errors import CANT_TELL, NO_RIGHT_TO_ASK, UNKNOWN_TOPIC, as_error, error_of
from consumer.errors import Transient
from consumer.memory.moments import to_micros
from consumer.ports import Findings
from consumer.records import Committed, Found, TopicPartition

LOOK_UP_SECONDS = 5.0
"""How long an answer may take, unless it is said."""

_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
"""The id of all zeros: what a broker says that has no ids."""


_ISOLATION = {
    "read_committed": IsolationLevel.READ_COMMITTED,
    "read_uncommitted": IsolationLevel.READ_UNCOMMITTED,
}


class Kept(NamedTuple):
    """What a partition has: the first offset, and the next to be written (that of the first open transaction, where
    only what is committed is read)."""

    earliest: int
    end: int


class TopicConfiguration(NamedTuple):
    """`max_message_bytes` is the largest batch of records that the topic takes. Of a compacted topic's records under
    one key only the last is kept."""

    max_message_bytes: int
    is_compacted: bool


class KafkaLookups:
    """What the cluster says of its topics. Raises `Transient` where it does not answer."""

    def __init__(
        self,
        bootstrap_servers: str,
        properties: Mapping[str, str] | None = None,
        *,
        patience: float | None = None,
    ) -> None:
        with refusals_told():
            self._admin = AdminClient(quiet_config(bootstrap_servers, properties or {}))
        self._isolation = _ISOLATION[(properties or {}).get("isolation.level", "read_committed")]
        self._patience = LOOK_UP_SECONDS if patience is None else patience

    def partitions(self, topic: str) -> list[TopicPartition]:
        """The partitions of a topic; none where there is no such topic."""
        return [TopicPartition(topic, number) for number in sorted(self._cluster(topic).topics[topic].partitions)]

    def topic_ids(self, topics: Collection[str]) -> dict[str, str | Transient | None]:
        """The id that tells each topic from one of the same name made later; None where the cluster has no ids."""
        if not all(map(self._answers_admins, topics)):
            return dict.fromkeys(topics)
        return {topic: topic_id(topic, future) for topic, future in self.ask_for_ids(topics).items()}

    def ask_for_ids(self, topics: Collection[str]) -> Mapping[str, Future[TopicDescription]]:
        """Ask what `topic_ids` tells, and wait for nothing: the answers are for `topic_id`."""
        return self._admin.describe_topics(TopicCollection(list(topics)), request_timeout=self._patience)

    def kept(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Kept | Transient]:
        """What each partition has of its records."""
        led = {source for topic in {source.topic for source in sources} for source in self._led(topic)}
        asked = sorted(led.intersection(sources))
        earliest = self._offsets(asked, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        end = self._offsets(asked, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        leaderless = {source: Transient(f"{source} has no leader") for source in sources if source not in led}
        return leaderless | {source: _kept(source, earliest[source], end[source]) for source in asked}

    def at(self, moment: datetime, sources: Collection[TopicPartition]) -> dict[TopicPartition, int | None]:
        """The first offset of that moment or later in each partition; None where all are earlier."""
        answers = self._offsets(sources, OffsetSpec.for_timestamp(to_micros(moment) // 1000))
        try:
            offsets = {source: answer.result().offset for source, answer in answers.items()}
        except KafkaException as raised:
            raise as_error(error_of(raised), f"look up the offsets of {moment}") from raised
        return {source: offset if offset >= 0 else None for source, offset in offsets.items()}

    def ask_for_ends(
        self, sources: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, Future[ListOffsetsResultInfo]]:
        """Ask where partitions end, and wait for nothing. One without a leader leaves all without an answer."""
        return self._offsets(sources, OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def configuration(self, topic: str) -> TopicConfiguration | None:
        """How the topic is configured; None where the cluster won't tell."""
        if not self._answers_admins(topic):
            return None
        asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
        try:
            answer = self._admin.describe_configs([asked], request_timeout=self._patience)[asked].result()
        except KafkaException as raised:
            # Writing letters needs no right to read the configuration, so being refused it is no reason to stop.
            if error_of(raised).code() in CANT_TELL | {NO_RIGHT_TO_ASK}:
                return None
            raise as_error(error_of(raised), f"look up the configuration of topic {topic}") from raised
        return TopicConfiguration(
            max_message_bytes=int(answer["max.message.bytes"].value),
            is_compacted="compact" in answer["cleanup.policy"].value,
        )

    def _answers_admins(self, topic: str) -> bool:
        """Whether there is a controller. librdkafka's own mock cluster has none, and would be waited for in vain."""
        cluster = self._cluster(topic)
        return cluster.controller_id in cluster.brokers

    def _led(self, topic: str) -> list[TopicPartition]:
        """The partitions that a broker answers for. Asked for its offsets, one without would have all others wait."""
        cluster = self._cluster(topic)
        partitions = cluster.topics[topic].partitions.values()
        return [TopicPartition(topic, each.id) for each in partitions if each.leader in cluster.brokers]

    def _offsets(
        self, sources: Collection[TopicPartition], which: OffsetSpec
    ) -> dict[TopicPartition, Future[ListOffsetsResultInfo]]:
        if not sources:
            return {}
        asked = {KafkaPartition(*source): which for source in sources}
        answers = self._admin.list_offsets(asked, isolation_level=self._isolation, request_timeout=self._patience)
        return {TopicPartition(each.topic, each.partition): future for each, future in answers.items()}

    def _cluster(self, topic: str) -> ClusterMetadata:
        """What the cluster is made of, and that topic."""
        try:
            cluster = self._admin.list_topics(topic, timeout=self._patience)
        except KafkaException as raised:
            raise as_error(error_of(raised), f"look up topic {topic}") from raised
        error = cluster.topics[topic].error
        if error is not None and error.code() not in UNKNOWN_TOPIC:
            raise as_error(error, f"look up topic {topic}")
        return cluster


class GroupPositions:
    """Where a group stands, seen from outside: it is asked without joining. A context manager."""

    def __init__(self, bootstrap_servers: str, group_id: str, properties: Mapping[str, str] | None = None) -> None:
        self.lookups = KafkaLookups(bootstrap_servers, properties)
        """Questions that have nothing to do with the group."""
        with refusals_told():
            self._consumer = Consumer({**consumer_config(bootstrap_servers, group_id, properties or {}), **QUIET})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def partitions(self, topic: str) -> list[TopicPartition]:
        """The partitions of a topic; none where there is no such topic."""
        return self.lookups.partitions(topic)

    def found(self, sources: Collection[TopicPartition]) -> Findings:
        """What Kafka knows of each partition. Raises `Transient` where it does not answer at all."""
        if not sources:
            return {}
        topics = {source.topic for source in sources}
        topic_ids = self.lookups.topic_ids(topics)
        committed = self._committed(sources)
        kept = self.lookups.kept(sources)
        # Asked twice, or the offsets of a topic that was deleted meanwhile would be taken for those of its successor.
        for topic, topic_id in self.lookups.topic_ids(topics).items():
            if topic_id != topic_ids[topic]:
                topic_ids[topic] = Transient(f"topic {topic} was made anew, or not to be told, while Kafka was asked")
        return {source: _found(committed[source], kept[source], topic_ids[source.topic]) for source in sources}

    def _committed(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Committed | Transient | None]:
        asked = [KafkaPartition(*source) for source in sources]
        try:
            answers = self._consumer.committed(asked, timeout=LOOK_UP_SECONDS)
        except KafkaException as raised:
            raise as_error(error_of(raised), "look up the group's positions") from raised
        return {TopicPartition(answer.topic, answer.partition): _position(answer) for answer in answers}

    def at(self, moment: datetime, sources: Collection[TopicPartition]) -> dict[TopicPartition, int | None]:
        """The first offset of that moment or later in each partition; None where all are earlier."""
        return self.lookups.at(moment, sources)

    def close(self) -> None:
        """Let the connections go."""
        self._consumer.close()


def _passing(error: KafkaError, doing: str) -> Transient:
    """The error, where it passes by itself; where it does not, it is raised."""
    ours = as_error(error, doing)
    if isinstance(ours, Transient):
        return ours
    raise ours


def topic_id(topic: str, future: Future[TopicDescription]) -> str | Transient | None:
    """The id out of the answer, once it is there; None where the cluster has no ids. Raises `Fatal` where asking is
    forbidden."""
    try:
        told = str(future.result().topic_id)
    except KafkaException as raised:
        if error_of(raised).code() in CANT_TELL:
            return None
        return _passing(error_of(raised), f"look up the id of topic {topic}")
    return None if told == _NO_ID else told


def _kept(
    source: TopicPartition, earliest: Future[ListOffsetsResultInfo], end: Future[ListOffsetsResultInfo]
) -> Kept | Transient:
    try:
        return Kept(earliest.result().offset, end.result().offset)
    except KafkaException as raised:
        return _passing(error_of(raised), f"look up the offsets of {source}")


def _position(answer: KafkaPartition) -> Committed | Transient | None:
    if answer.error is not None:
        return _passing(answer.error, f"look up the group's position in {answer.topic}[{answer.partition}]")
    return Committed(answer.offset, answer.metadata or "") if answer.offset >= 0 else None


def _found(
    committed: Committed | Transient | None, kept: Kept | Transient, topic_id: str | Transient | None
) -> Found | Transient:
    """All three, or the first that could not be told."""
    if isinstance(committed, Transient):
        return committed
    if isinstance(kept, Transient):
        return kept
    if isinstance(topic_id, Transient):
        return topic_id
    return Found(topic_id, committed, kept.earliest, kept.end)
