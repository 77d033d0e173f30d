"""Apache Kafka: one node, broker and controller in one process."""

import signal
import subprocess
from pathlib import Path
from typing import ClassVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from consumer.devstack.java import find_java
from consumer.devstack.kafka_jars import kafka_jars
from consumer.devstack.loopback import HOST, free_port
from consumer.devstack.process import Command, Launch, NotReady, ServerProcess
from consumer.devstack.service import Service

_CLUSTER_ID = "bWVtb3J5LWNvbnN1bWVyMA"
"""Any 16 bytes in URL-safe base 64."""

_HEAP = "-Xmx512m"
_LOG_LEVEL = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{advertised_port}
log.dirs={data}
# A topic that nobody made is a mistake, and has to look like one.
auto.create.topics.enable=false
# One node can't keep more copies than one.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Tests must not wait for members that never come, and want to see one given up soon.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=500
"""


class Kafka(Service):
    """A real broker. The first start on a machine fetches it with Maven, which takes half a minute.

    `advertised_port`: where it sends clients that ask it, unless that is its own; for a proxy in front of it.
    """

    name: ClassVar[str] = "kafka"

    def __init__(
        self, *, directory: Path | None = None, detached: bool = False, advertised_port: int | None = None
    ) -> None:
        super().__init__(directory=directory, detached=detached)
        self._advertised_port = advertised_port
        self._port = 0

    @property
    def address(self) -> str:
        """The bootstrap server."""
        return f"{HOST}:{self._port}"

    def _launch(self, directory: Path) -> ServerProcess:
        java: Command = [find_java(), _HEAP, _LOG_LEVEL, "-cp", f"{kafka_jars()}/*"]
        self._port = free_port()
        properties = directory / "server.properties"
        properties.write_text(
            _PROPERTIES.format(
                host=HOST,
                port=self._port,
                advertised_port=self._advertised_port or self._port,
                controller_port=_other_port(self._port),
                data=directory / "data",
            )
        )
        _format(java, properties)
        launch = Launch(
            [*java, "kafka.Kafka", properties],
            directory / "kafka.log",
            detached=self._detached,
            # In order it takes six seconds to stop, for the sake of data that are removed in the seventh.
            stop_signal=signal.SIGKILL,
        )
        return ServerProcess.started(launch, self._answers, seconds=120.0)

    def _answers(self) -> bool:
        return answers(self.address)


def answers(bootstrap_servers: str) -> bool:
    """Whether a broker there tells of itself within a second."""
    client = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    try:
        return bool(client.list_topics(timeout=1.0).brokers)
    except KafkaException:
        return False


def _other_port(port: int) -> int:
    while (other := free_port()) == port:
        continue
    return other


def _format(java: Command, properties: Path) -> None:
    command: Command = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", properties]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotReady(f"Kafka's storage could not be formatted.\n{done.stdout}{done.stderr}")
