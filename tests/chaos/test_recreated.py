"""A topic that changes under the group: made anew while it is being read, and cut off at its beginning."""

from collections.abc import Iterator
from time import monotonic

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.memory.model import MemoryEvent
from tests.chaos.outside import BOUND, Outside, outside
from tests.chaos.real_group import Counts, Group, publish
from tests.stories import event

BEFORE = 30


@pytest.fixture
def database(group: Group) -> Iterator[Outside]:
    with outside(group.environment["CONSUMER_DATABASE_URL"]) as database:
        yield database


def told(first: int, end: int) -> list[MemoryEvent]:
    return [event(f"e{number}", f"m{number}") for number in range(first, end)]


@pytest.mark.parametrize("after", [10, pytest.param(2 * BEFORE, marks=pytest.mark.proof)])
def test_a_topic_made_anew_under_a_running_group_is_read_from_its_beginning(
    kafka: str, group: Group, database: Outside, after: int
) -> None:
    """Whether it ends below the old position or grows past it before anybody looks: nothing is passed over."""
    publish(kafka, group.topic, told(0, BEFORE))
    with group.running():
        database.wait_for(f"SELECT sum(records_read) = {BEFORE} FROM partitions")
        _make_anew(kafka, group.topic)
        publish(kafka, group.topic, told(BEFORE, BEFORE + after))
        database.wait_for(f"SELECT incarnation > 1 AND next_offset = {after} FROM partitions WHERE partition = 0")
        database.wait_for("SELECT incarnation > 1 FROM partitions WHERE partition = 1")
    row = group.partitions()[0]
    assert (row.stored, row.dead_lettered) == (BEFORE + after, 0)
    assert group.memories() == {f"m{number}" for number in range(BEFORE + after)}
    assert {because for because, *_ in group.changes()} == {"topic_recreated"}


@pytest.mark.proof
def test_a_topic_that_is_gone_is_what_the_group_waits_for(kafka: str, group: Group, database: Outside) -> None:
    publish(kafka, group.topic, told(0, 5))
    with group.running():
        database.wait_for("SELECT sum(records_read) = 5 FROM partitions")
        admin = AdminClient({"bootstrap.servers": kafka})
        admin.delete_topics([group.topic])[group.topic].result(BOUND)
        database.wait_for(
            f"SELECT snapshot::text LIKE '%there is no topic {group.topic} any more%' AND snapshot::text"
            """ LIKE '%"ready": false%' FROM consumers"""
        )
        admin.create_topics([NewTopic(group.topic, 2, 1)])[group.topic].result(BOUND)


def test_where_it_was_asked_for_a_gap_is_passed_over_and_counted(kafka: str, group: Group) -> None:
    publish(kafka, group.topic, told(0, 10))
    group.read(4)
    admin = AdminClient({"bootstrap.servers": kafka})
    for deleted in admin.delete_records([TopicPartition(group.topic, 0, 7)]).values():
        deleted.result(BOUND)

    Group({**group.environment, "CONSUMER_ON_OUT_OF_RANGE": "earliest"}).read(3)

    assert group.partitions()[0] == Counts(2, 10, read=7, stored=7, duplicates=0, dead_lettered=0, skipped=3)
    assert group.changes() == [("out_of_range", 4, 7, 3)]


def _make_anew(kafka: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.delete_topics([topic])[topic].result(BOUND)
    end = monotonic() + BOUND
    while topic in admin.list_topics(timeout=BOUND).topics:
        assert monotonic() < end, "the topic is still there"
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(BOUND)
