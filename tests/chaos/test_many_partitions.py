"""One consumer with hundreds of partitions: all are claimed at once, every record ends once, and memory stays."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from consumer.devstack import sample_events
from tests.chaos.consumers import Consumer
from tests.chaos.publishing import Publishing
from tests.chaos.site import Site, a_site, check

FEW, MANY = 200, 1_000
ROUNDS = 2
EVENTS_A_PARTITION = 5

GROWTH = 1.3
"""What memory may be at the end, of what it was when all partitions had been read once."""


@pytest.fixture
def site(
    kafka: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path, partitions: int
) -> Iterator[Site]:
    # Nobody dies here; who is put out of the group on a busy machine claims everything twice.
    others = {"CONSUMER_KAFKA__session_timeout_ms": "45000"}
    with a_site(kafka, fresh_database(), redis_url, tmp_path, partitions=partitions, others=others) as site:
        yield site


@pytest.mark.parametrize("partitions", [FEW, pytest.param(MANY, marks=pytest.mark.proof)])
def test_many_partitions_are_read_to_their_ends_in_steady_memory(site: Site, partitions: int) -> None:
    publishing = Publishing(site.kafka, site.topics.source)
    events = sample_events.events(ROUNDS * EVENTS_A_PARTITION * partitions)
    consumer = site.consumers.start()
    resident = []
    for _ in range(ROUNDS):
        for number, event in zip(range(EVENTS_A_PARTITION * partitions), events, strict=False):
            if number % 100 == 7:
                publishing.broken(event, number)
            else:
                publishing.good(event)
        site.database.wait_until_read(publishing.finish().records)
        resident.append(_resident_bytes(consumer))
    consumer.signal(signal.SIGTERM)
    assert consumer.exit_code() == 0, consumer.log_tail()
    assert resident[-1] < GROWTH * resident[0], resident
    assert {row.epoch for row in site.database.partitions().values()} == {1}, "claimed once each"
    assert len(site.database.partitions()) == partitions
    check(site, publishing.expected)


def _resident_bytes(consumer: Consumer) -> int:
    resident: int = psutil.Process(consumer.pid).memory_info().rss
    return resident
