"""The topics of the development stack, so that `run` and `demo` find something to read."""

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.devstack.process import NotReady

TOPIC = "memory-events"
DEAD_LETTERS = f"{TOPIC}-dlq"
PARTITIONS = 4

_SECONDS = 10.0


def make_topics(bootstrap_servers: str) -> None:
    """Make those that are not there yet. Raises `NotReady` where the broker won't."""
    client = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    try:
        cluster = client.list_topics(timeout=_SECONDS)
        if cluster.controller_id in cluster.brokers:
            _create(client)
        else:  # librdkafka's own cluster makes a topic when it is asked for it
            for topic in (TOPIC, DEAD_LETTERS):
                client.list_topics(topic, timeout=_SECONDS)
    except KafkaException as refused:
        raise NotReady(f"The topics could not be made: {refused}") from refused


def _create(client: AdminClient) -> None:
    wanted = [NewTopic(topic, num_partitions=PARTITIONS, replication_factor=1) for topic in (TOPIC, DEAD_LETTERS)]
    for created in client.create_topics(wanted, operation_timeout=_SECONDS).values():
        try:
            created.result(_SECONDS)
        except KafkaException as refused:
            if refused.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
