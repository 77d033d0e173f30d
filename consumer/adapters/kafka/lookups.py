"""Questions to Kafka that change nothing: topics, their limits, and where a group stands."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._metadata import ClusterMetadata

from consumer.adapters.kafka.config import consumer_config, quiet_config, refusals_told
from consumer.adapters.kafka.errors import CANT_TELL, NO_RIGHT_TO_ASK, UNKNOWN_TOPIC, as_error, error_of
from consumer.records import Committed, Found, TopicPartition

LOOK_UP_SECONDS = 5.0
"""How long an answer may take."""

_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
"""The id of all zeros: what a broker says that has no ids."""


class KafkaLookups:
    """What the cluster says of its topics. Raises `Transient` where it does not answer."""

    def __init__(
        self,
        bootstrap_servers: str,
        properties: Mapping[str, str] | None = None,
        *,
        patience: float = LOOK_UP_SECONDS,
    ) -> None:
        with refusals_told():
            self._admin = AdminClient(quiet_config(bootstrap_servers, properties or {}))
        self._patience = patience

    def partitions(self, topic: str) -> list[TopicPartition]:
        """The partitions of a topic; none where there is no such topic."""
        return [TopicPartition(topic, number) for number in sorted(self._cluster(topic).topics[topic].partitions)]

    def topic_id(self, topic: str) -> str | None:
        """The id that tells a topic from one of the same name made later; None where the cluster has no ids."""
        if not self._answers_admins(topic):
            return None
        try:
            described = self._admin.describe_topics(TopicCollection([topic]), request_timeout=self._patience)
            topic_id = str(described[topic].result().topic_id)
        except KafkaException as raised:
            if error_of(raised).code() in CANT_TELL:
                return None
            raise as_error(error_of(raised), f"look up the id of topic {topic}") from raised
        return None if topic_id == _NO_ID else topic_id

    def max_message_bytes(self, topic: str) -> int | None:
        """The largest batch of records that the topic takes, in bytes; None where the cluster won't tell."""
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
        return int(answer["max.message.bytes"].value)

    def _answers_admins(self, topic: str) -> bool:
        """Whether there is a controller. librdkafka's own mock cluster has none, and would be waited for in vain."""
        cluster = self._cluster(topic)
        return cluster.controller_id in cluster.brokers

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
        self._lookups = KafkaLookups(bootstrap_servers, properties)
        with refusals_told():
            self._consumer = Consumer(consumer_config(bootstrap_servers, group_id, properties or {}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def partitions(self, topic: str) -> list[TopicPartition]:
        """The partitions of a topic; none where there is no such topic."""
        return self._lookups.partitions(topic)

    def found(self, source: TopicPartition) -> Found:
        """What Kafka knows of a partition. Raises `Transient` where it does not answer."""
        partition = KafkaPartition(source.topic, source.partition)
        until = time.monotonic() + LOOK_UP_SECONDS
        try:
            (committed,) = self._consumer.committed([partition], timeout=LOOK_UP_SECONDS)
            if committed.error is not None:
                raise as_error(committed.error, f"look up the group's position in {source}")
            left = max(0.1, until - time.monotonic())
            earliest, end = self._consumer.get_watermark_offsets(partition, timeout=left, cached=False)
        except KafkaException as raised:
            raise as_error(error_of(raised), f"look up {source}") from raised
        return Found(
            topic_id=self._lookups.topic_id(source.topic),
            committed=Committed(committed.offset, committed.metadata or "") if committed.offset >= 0 else None,
            earliest=earliest,
            end=end,
        )

    def close(self) -> None:
        """Let the connections go."""
        self._consumer.close()
