"""Kafka answers with errors: what passes is waited out, what does not stops with advice, and every record ends once."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka import KafkaError

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.errors import Fatal
from tests.chaos.group import PARTITIONS, Group
from tests.fakes.mock_cluster import Api, MockCluster

LEADER, OTHER = 1, 2
"""The broker that has the records, and the one that has the letters."""

TOPICS = ("memories", "letters")
RECORDS = 20

COORDINATOR_MOVES = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
REBALANCES = (KafkaError.REBALANCE_IN_PROGRESS, KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID)


class Site(NamedTuple):
    """A cluster that answers as it is told, and a group on it."""

    cluster: MockCluster
    group: Group


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two brokers, empty topics, empty tables, no member yet."""
    engine = open_engine(f"sqlite:///{tmp_path}/memories.db")
    upgrade(engine)
    with ExitStack() as opened:
        opened.callback(engine.dispose)
        cluster = opened.enter_context(MockCluster(brokers=2))
        for topic in TOPICS:
            cluster.create_topic(topic, PARTITIONS)
        yield Site(cluster, Group(cluster.address, "memories", "letters", engine))


def rows(table: Mapping[Api, tuple[int, ...]], times: int) -> list[object]:
    """The table as parameters, each named for what is answered to what."""
    return [
        pytest.param(api, error, times, id=f"{api.name}-{KafkaError(error).name()}-{times}")
        for api, errors in table.items()
        for error in errors
    ]


PASSING = {
    Api.PRODUCE: (
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.UNKNOWN_PRODUCER_ID,
    ),
    Api.FETCH: (
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
    ),
    Api.OFFSET_COMMIT: (*COORDINATOR_MOVES, *REBALANCES),
    Api.OFFSET_FETCH: (*COORDINATOR_MOVES, KafkaError.UNSTABLE_OFFSET_COMMIT),
    Api.FIND_COORDINATOR: (KafkaError.COORDINATOR_NOT_AVAILABLE,),
    Api.JOIN_GROUP: (*COORDINATOR_MOVES, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS),
    Api.SYNC_GROUP: (*COORDINATOR_MOVES, *REBALANCES),
    Api.HEARTBEAT: (*COORDINATOR_MOVES, *REBALANCES),
    Api.LIST_OFFSETS: (KafkaError.NOT_LEADER_FOR_PARTITION,),
    Api.INIT_PRODUCER_ID: (KafkaError.COORDINATOR_LOAD_IN_PROGRESS,),
}

SHORT = {
    Api.PRODUCE: (KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,),
    Api.OFFSET_COMMIT: (KafkaError.ILLEGAL_GENERATION,),
}

FOR_A_PERSON = {
    Api.PRODUCE: (KafkaError.TOPIC_AUTHORIZATION_FAILED,),
    Api.FETCH: (KafkaError.TOPIC_AUTHORIZATION_FAILED,),
    Api.OFFSET_FETCH: (KafkaError.GROUP_AUTHORIZATION_FAILED,),
    Api.FIND_COORDINATOR: (KafkaError.GROUP_AUTHORIZATION_FAILED,),
    Api.JOIN_GROUP: (KafkaError.GROUP_AUTHORIZATION_FAILED,),
}


def waits_out(site: Site, api: Api, error: int, times: int) -> None:
    """Refuse so often before the first member joins, and again when it is at work."""
    if api is Api.PRODUCE:
        _lead_apart(site.cluster)
    _refuse(site.cluster, api, error, times)
    site.group.publish(RECORDS)
    with site.group.member() as member:
        member.watch.wait_until_read(RECORDS)
        _refuse(site.cluster, api, error, times)
        for _ in range(times):
            member.watch.wait_until_read(site.group.publish(RECORDS))
    assert member.error is None
    assert site.cluster.asked(api), "nothing was asked, so nothing was refused"
    site.group.check()


def _lead_apart(cluster: MockCluster) -> None:
    for topic, leader in (("memories", LEADER), ("letters", OTHER)):
        for partition in range(PARTITIONS):
            cluster.lead(topic, partition, leader)


def _refuse(cluster: MockCluster, api: Api, error: int, times: int) -> None:
    """Letters only: whoever publishes the records is not to be troubled."""
    if api is Api.PRODUCE:
        cluster.refuse_at(OTHER, api, error, times)
    else:
        cluster.refuse(api, error, times)


@pytest.mark.parametrize(("api", "error", "times"), rows(SHORT, 1))
def test_what_passes_is_waited_out(site: Site, api: Api, error: int, times: int) -> None:
    waits_out(site, api, error, times)


@pytest.mark.proof
@pytest.mark.parametrize(("api", "error", "times"), rows(PASSING, 4))
def test_whatever_passes_is_waited_out(site: Site, api: Api, error: int, times: int) -> None:
    waits_out(site, api, error, times)


def test_a_position_that_kafka_refused_is_sent_again_though_nothing_comes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumer.adapters.kafka.commits.SENT_AGAIN_SECONDS", 0.5)
    site.group.publish(1)
    site.cluster.refuse(Api.OFFSET_COMMIT, KafkaError.REBALANCE_IN_PROGRESS, times=2)
    with site.group.member() as member:
        member.watch.wait_until_read(1)
        site.group.wait_until_committed()


def stops(site: Site, api: Api, error: int) -> None:
    """A person has to grant a right: until then nothing is lost, after that everything is done once."""
    site.group.publish(RECORDS)
    site.cluster.refuse(api, error, times=20)
    with site.group.member() as member:
        died = member.died()
    assert isinstance(died, Fatal), died
    assert "AUTHORIZATION_FAILED" in str(died)
    assert "kafka-acls" in died.advice
    site.cluster.grant(api)
    with site.group.member() as member:
        member.watch.wait_until_read(RECORDS)
    site.group.check()


@pytest.mark.parametrize(("api", "error"), [(Api.FETCH, KafkaError.TOPIC_AUTHORIZATION_FAILED)])
def test_what_a_person_has_to_mend_stops_and_says_what_to_do(site: Site, api: Api, error: int) -> None:
    stops(site, api, error)


@pytest.mark.proof
@pytest.mark.parametrize(("api", "error"), [(api, error) for api, errors in FOR_A_PERSON.items() for error in errors])
def test_whatever_a_person_has_to_mend_stops_and_says_what_to_do(site: Site, api: Api, error: int) -> None:
    stops(site, api, error)


def test_a_wait_longer_than_the_group_waits_between_polls_keeps_the_membership(site: Site) -> None:
    site.group.publish(RECORDS)
    site.cluster.refuse(Api.PRODUCE, KafkaError.NOT_ENOUGH_REPLICAS, times=10_000)
    short = {"session.timeout.ms": "4000", "max.poll.interval.ms": "4000"}
    with site.group.member(short, letters_within=0.5) as member:
        member.watch.wait_until_waiting(for_seconds=5.0)
        site.cluster.grant(Api.PRODUCE)
        member.watch.wait_until_read(RECORDS)
        member.watch.wait_until_read(site.group.publish(RECORDS))
    assert "letters" in member.watch.reasons[-1]
    assert site.group.epochs() == [1, 1]
    site.group.check()


@pytest.mark.proof
def test_letters_that_are_refused_as_too_large_go_without_their_payload(site: Site) -> None:
    _lead_apart(site.cluster)
    site.cluster.refuse_at(OTHER, Api.PRODUCE, KafkaError.MSG_SIZE_TOO_LARGE, times=1)
    site.group.publish(1)
    with site.group.member() as member:
        member.watch.wait_until_read(1)
    site.group.check(kept=1)


@pytest.mark.proof
def test_brokers_go_down_and_come_up_and_coordinator_and_leaders_move(site: Site) -> None:
    site.cluster.coordinate("memories", LEADER)
    site.group.publish(RECORDS)
    with site.group.member() as member:
        member.watch.wait_until_read(RECORDS)
        for gone, other in ((LEADER, OTHER), (OTHER, LEADER)):
            site.cluster.take_down(gone)
            site.cluster.coordinate("memories", other)
            for topic, partition in ((topic, number) for topic in TOPICS for number in range(PARTITIONS)):
                site.cluster.lead(topic, partition, other)
            member.watch.wait_until_read(site.group.publish(RECORDS))
            site.cluster.bring_up(gone)
    assert member.error is None
    site.group.check()


@pytest.mark.proof
def test_a_cluster_that_goes_down_in_the_middle_of_everything_is_waited_for(site: Site) -> None:
    with site.group.member() as member:
        for _ in range(10):
            to_read = site.group.publish(RECORDS)
            site.cluster.take_down(LEADER)
            site.cluster.take_down(OTHER)
            site.cluster.bring_up(OTHER)
            site.cluster.bring_up(LEADER)
            member.watch.wait_until_read(to_read)
    assert member.error is None
    site.group.check()
