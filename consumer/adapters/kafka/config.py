"""What every client of librdkafka is given, whatever its part."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaException

from consumer.adapters.kafka.errors import error_of
from consumer.adapters.kafka.log import librdkafka_log
from consumer.errors import SettingsError

COOPERATIVE = "cooperative-sticky"

NEWS_OF_TOPICS = {"topic.metadata.refresh.interval.ms": 30_000}
"""How soon a member notices new partitions, and topics that went. librdkafka's own five minutes are long to wait."""

QUIET = {"log_level": 2}
"""Tells nothing but what is critical."""


def client_config(bootstrap_servers: str, properties: Mapping[str, str]) -> dict[str, Any]:
    """The configuration of a client: what was passed through, where to start from, a name, and where its log goes."""
    return {
        "client.id": f"memory-consumer-{socket.gethostname()}-{os.getpid()}",
        **properties,
        "bootstrap.servers": bootstrap_servers,
        "logger": librdkafka_log(),
    }


def quiet_config(bootstrap_servers: str, properties: Mapping[str, str]) -> dict[str, Any]:
    """The same for a client that is asked now and then only: its log waits for somebody to ask, and would grow
    while a broker is away. So it tells nothing but what is critical; what goes wrong shows in its answers."""
    return {**client_config(bootstrap_servers, properties), **QUIET}


def consumer_config(bootstrap_servers: str, group_id: str, properties: Mapping[str, str]) -> dict[str, Any]:
    """The configuration of a member of the group. Ours come last: without them the delivery guarantee is gone."""
    assignor = {} if is_next_generation(properties) else {"partition.assignment.strategy": COOPERATIVE}
    return {
        **assignor,
        **NEWS_OF_TOPICS,
        **client_config(bootstrap_servers, properties),
        "group.id": group_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
    }


@contextmanager
def refusals_told() -> Iterator[None]:
    """Around the making of a client: a property that librdkafka won't have is a `SettingsError`."""
    try:
        yield
    except KafkaException as raised:
        raise SettingsError(
            f"librdkafka refuses its properties: {error_of(raised).str()}",
            advice="Mend or remove the property under CONSUMER_KAFKA__ (or `kafka` in the settings file).",
        ) from raised


def is_next_generation(properties: Mapping[str, str]) -> bool:
    """Whether the broker shares partitions out itself (KIP-848)."""
    return properties.get("group.protocol", "classic").lower() == "consumer"


def is_eager(properties: Mapping[str, str]) -> bool:
    """Whether a rebalance takes all partitions away before it gives some back."""
    return not is_next_generation(properties) and COOPERATIVE not in properties.get(
        "partition.assignment.strategy", COOPERATIVE
    )
