"""Partitions lost: nothing may be committed of them, and no broker be needed to prevent it."""

from contextlib import closing

from confluent_kafka import KafkaError

from consumer.adapters.kafka.source import KafkaSource
from consumer.batching import BatchLimits
from consumer.process.clock import SystemClock
from consumer.records import Claim, TopicPartition
from tests.contracts.places import ATTENTIVE, PARTITIONS, own, until
from tests.fakes.mock_cluster import Api, MockCluster

SOURCE = TopicPartition("memories", 0)


def test_who_was_put_out_of_the_group_does_not_even_try_to_commit() -> None:
    with MockCluster() as cluster:
        cluster.create_topic(SOURCE.topic, PARTITIONS)
        with closing(KafkaSource(cluster.address, "group", [SOURCE.topic], SystemClock(), ATTENTIVE)) as zombie:
            own(zombie, PARTITIONS)
            zombie.start(SOURCE, 0)
            cluster.refuse(Api.HEARTBEAT, KafkaError.UNKNOWN_MEMBER_ID, times=1)

            until(lambda: zombie.poll(BatchLimits()) or zombie.changes().gone or None)
            zombie.commit({SOURCE: Claim(SOURCE, epoch=1, next_offset=1, incarnation=1)})

        assert cluster.asked(Api.OFFSET_COMMIT) == 0
