"""Who may write, when the group gives partitions to and fro: storms of members that come and go."""

import random
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupType
from confluent_kafka.admin import AdminClient

from consumer.devstack import sample_events
from tests.chaos.consumers import Consumer
from tests.chaos.outside import BOUND
from tests.chaos.publishing import Publishing
from tests.chaos.site import PARTITIONS, Site, a_site, check

PUBLISHED_A_TURN = 300
MEMBERS = 2
"""In the group at a time, or about to be."""

SHORT, LONG = 3, 20
"""Members that come, one after the other."""

NAMES = [f"member-{number}" for number in range(MEMBERS)]
"""Of static members."""

PROTOCOLS: dict[str, Mapping[str, str | None]] = {
    "cooperative": {},
    "eager": {"CONSUMER_KAFKA__partition_assignment_strategy": "range"},
    "static": {},
    "next-generation": {
        "CONSUMER_KAFKA__group_protocol": "consumer",
        # The broker decides about these.
        "CONSUMER_KAFKA__session_timeout_ms": None,
        "CONSUMER_KAFKA__heartbeat_interval_ms": None,
    },
}


@pytest.fixture
def site(
    kafka: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path, protocol: str
) -> Iterator[Site]:
    with a_site(kafka, fresh_database(), redis_url, tmp_path, others=PROTOCOLS[protocol]) as site:
        yield site


@pytest.mark.parametrize(
    ("protocol", "comers"),
    [
        ("cooperative", SHORT),
        *(pytest.param(protocol, LONG, marks=pytest.mark.proof) for protocol in PROTOCOLS),
    ],
)
def test_members_that_come_and_go_every_second_lose_and_double_nothing(site: Site, protocol: str, comers: int) -> None:
    publishing = Publishing(site.kafka, site.topics.source)
    left = _storm(site, protocol, publishing, comers)
    expected = publishing.finish()
    site.database.wait_until_read(expected.records)
    _check_that_partitions_went_to_and_fro(site, protocol)
    staying = [consumer for consumer in site.consumers.started if consumer not in left]
    for consumer in staying:
        consumer.signal(signal.SIGTERM)
    for consumer in staying:
        # The signal itself ends one that has not come as far as to wait for it.
        assert consumer.exit_code() in {0, -signal.SIGTERM}, consumer.log_tail()
    check(site, expected)


def _storm(site: Site, protocol: str, publishing: Publishing, comers: int) -> Sequence[Consumer]:
    """Publish on, start a member a second after the last one has a partition, and have the oldest leave: in order, or,
    sometimes, killed.

    Returns those that left. A static member is replaced under its own name, while it is still there. A member that was
    killed is missed only after the session timeout: 45 s on a broker that decides about it itself.
    """
    chance = random.Random(protocol)
    goodbyes = [signal.SIGTERM] * 2 + [signal.SIGKILL] * (protocol != "next-generation")
    events = sample_events.events(100 * PUBLISHED_A_TURN)
    members: list[Consumer] = []
    left: list[Consumer] = []
    for place in range(comers):
        for number in range(PUBLISHED_A_TURN):
            event = next(events)
            if number % 50 == 7:
                publishing.broken(event, number)
            else:
                publishing.good(event, times=2 if number % 50 == 13 else 1)
        name = f"kafka.group.instance.id={NAMES[place % MEMBERS]}"
        members.append(site.consumers.start(*(("--set", name) if protocol == "static" else ())))
        assert members[-1].waits_to_log("partition claimed"), members[-1].log_tail()
        assert members[-1].runs_for(1.0), members[-1].log_tail()
        if len(members) > MEMBERS:
            left.append(members.pop(0))
            left[-1].signal(chance.choice(goodbyes))
    return left


def _check_that_partitions_went_to_and_fro(site: Site, protocol: str) -> None:
    """Or nothing was shown: each member that came claimed something, and the group is of the right kind."""
    epochs = [row.epoch for row in site.database.partitions().values()]
    assert sum(epochs) >= PARTITIONS + len(site.consumers.started) - 1
    admin, group = AdminClient({"bootstrap.servers": site.kafka}), site.topics.source
    described = admin.describe_consumer_groups([group])[group].result(BOUND)
    is_next = protocol == "next-generation"
    assert described.type is (ConsumerGroupType.CONSUMER if is_next else ConsumerGroupType.CLASSIC)
    assert {member.group_instance_id for member in described.members} == (
        set(NAMES) if protocol == "static" else {None}
    )
