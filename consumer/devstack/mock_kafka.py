"""librdkafka's own cluster, inside a process of ours: no Java, no wait. Good for a demonstration, not for a proof.

Each topic has 4 partitions and comes into being when it is written to. A partition keeps 5 MiB at most and drops its
oldest records silently. There is no CreateTopics, DescribeTopics or DescribeConfigs.
"""

from types import TracebackType
from typing import Self

from confluent_kafka import Producer

from consumer.devstack.process import NotReady

_WARNINGS = 4


class MockKafka:
    """A cluster of one broker, for as long as this object is started."""

    name = "mock_kafka"

    def __init__(self) -> None:
        self._cluster: Producer | None = None
        self._address = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """The bootstrap server. Known once it is started."""
        return self._address

    def start(self) -> None:
        """Start the cluster. Raises `NotReady` when it does not tell of itself within 10 seconds."""
        cluster = Producer({"test.mock.num.brokers": 1, "log_level": _WARNINGS})
        brokers = list(cluster.list_topics(timeout=10.0).brokers.values())
        if not brokers:
            raise NotReady("librdkafka's own cluster has no broker")
        self._cluster = cluster
        self._address = f"{brokers[0].host}:{brokers[0].port}"

    def stop(self) -> None:
        """End the cluster: it lives as long as the producer that made it. A second call does nothing."""
        self._cluster = None
