"""librdkafka's own cluster, inside a process of ours: no Java, no wait. Good for a demonstration, not for a proof.

    python -m consumer.devstack.mock_kafka FILE

runs one until SIGTERM, and writes its address to the file.

Each topic has 4 partitions and comes into being when it is written to. A partition keeps 5 MiB at most and drops its
oldest records silently. There is no CreateTopics, DescribeTopics or DescribeConfigs.
"""

import signal
import sys
from pathlib import Path
from typing import ClassVar, Self

from confluent_kafka import Producer

from consumer.devstack.process import Command, Launch, NotReady, ServerProcess
from consumer.devstack.service import Service

_WARNINGS = 4


class MockKafka:
    """A cluster of one broker, for as long as this object is started."""

    def __init__(self) -> None:
        self._cluster: Producer | None = None
        self._address = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """The bootstrap server. Known once it is started."""
        return self._address

    def start(self) -> None:
        """Start the cluster. Raises `NotReady` when it does not tell of itself within a minute."""
        cluster = Producer({"test.mock.num.brokers": 1, "log_level": _WARNINGS})
        brokers = list(cluster.list_topics(timeout=60.0).brokers.values())
        if not brokers:
            raise NotReady("librdkafka's own cluster has no broker")
        self._cluster = cluster
        self._address = f"{brokers[0].host}:{brokers[0].port}"

    def stop(self) -> None:
        """End the cluster: it lives as long as the producer that made it. A second call does nothing."""
        self._cluster = None


class MockKafkaServer(Service):
    """The same cluster in a process of its own."""

    name: ClassVar[str] = "mock_kafka"

    @property
    def address(self) -> str:
        """The bootstrap server."""
        return self._address_file.read_text()

    @property
    def _address_file(self) -> Path:
        return self.directory / "address"

    def _launch(self, directory: Path) -> ServerProcess:
        self._address_file.unlink(missing_ok=True)
        command: Command = [sys.executable, "-m", __spec__.name, self._address_file]
        launch = Launch(command, directory / "mock_kafka.log", detached=self._detached)
        return ServerProcess.started(launch, self._address_file.exists)


def serve_until_told_to_end(address_file: Path) -> None:
    """Run a cluster, write its address to the file once it answers, end on SIGTERM or SIGINT."""
    endings = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)  # before librdkafka starts threads, which inherit the mask
    with MockKafka() as cluster:
        beside = address_file.with_suffix(".new")
        beside.write_text(cluster.address)
        beside.rename(address_file)
        signal.sigwait(endings)


if __name__ == "__main__":
    serve_until_told_to_end(Path(sys.argv[1]))
