"""The whole job on real Kafka, PostgreSQL and Redis, with consumers killed on the way.

Real comments are published, every 50th twice and every 100th broken. Two consumers of one group read them; three
times one of them dies by SIGKILL, in the middle of whatever it is doing, and another is started in its place. At the
end the database and the dead-letter topic are read from outside and compared with what was published.
"""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import goemotions
from tests.chaos.consumers import Consumer
from tests.chaos.outside import locked
from tests.chaos.publishing import publish_disorderly
from tests.chaos.site import Site, a_site, check

ALL, MANY, FEW = 43_410, 12_000, 4_000
"""Comments."""

KILLS_BETWEEN = ((0.05, 0.25), (0.35, 0.55), (0.65, 0.85))
"""Between which shares of the records each of the three dies."""


@pytest.fixture
def site(kafka: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path) -> Iterator[Site]:
    with a_site(kafka, fresh_database(), redis_url, tmp_path) as site:
        yield site


@pytest.mark.parametrize("comments", [MANY, pytest.param(ALL, marks=pytest.mark.proof)])
def test_three_kills_lose_and_double_nothing(site: Site, comments: int) -> None:
    seed = int(os.environ.get("MEMORY_CONSUMER_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"repeat with MEMORY_CONSUMER_TEST_SEED={seed}")
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(comments))
    _consume_with_kills(site, expected.records, random.Random(seed))
    check(site, expected)


def test_a_frozen_consumer_wakes_up_to_find_its_partitions_gone(site: Site) -> None:
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(FEW))
    frozen = site.consumers.start()
    site.database.wait_until_read(expected.records // 4)
    frozen.signal(signal.SIGSTOP)
    before = site.database.partitions()
    heir = site.consumers.start()
    site.database.wait_for_takeover(before)
    frozen.signal(signal.SIGCONT)
    site.database.wait_until_read(expected.records)
    for consumer in (frozen, heir):
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code() == 0, consumer.log_tail()
    check(site, expected)


def test_sigterm_ends_the_batch_in_hand_and_commits_it(site: Site) -> None:
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(FEW))
    with _in_the_middle_of_a_batch(site) as consumer:
        consumer.signal(signal.SIGTERM)
    assert consumer.exit_code() == 0, consumer.log_tail()
    site.database.check_equation()
    assert 0 < site.database.read() < expected.records, "it stopped on the way"
    assert site.committed() == {number: offset for number, offset in site.done().items() if offset}


def test_a_second_signal_ends_at_once(site: Site) -> None:
    publish_disorderly(site.kafka, site.topics.source, goemotions.memories(FEW))
    with _in_the_middle_of_a_batch(site) as consumer:
        consumer.signal(signal.SIGTERM)
        assert consumer.runs_for(1.0), "it waits for the batch in hand"
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code() == 128 + signal.SIGTERM
    site.database.check_equation()


@contextmanager
def _in_the_middle_of_a_batch(site: Site) -> Iterator[Consumer]:
    """A consumer that can't write on as long as this lasts."""
    with locked(site.database_url, "memories"):
        consumer = site.consumers.start()
        while not site.database.has_somebody_waiting_for_a_lock():
            assert consumer.runs_for(0.05), consumer.log_tail()
        yield consumer


def _consume_with_kills(site: Site, records: int, chance: random.Random) -> None:
    """Two consumers at a time, until three have been killed and the last two have read everything."""
    running = [site.consumers.start(), site.consumers.start()]
    for low, high in KILLS_BETWEEN:
        site.database.wait_until_read(int(records * chance.uniform(low, high)))
        victim = running.pop(chance.randrange(2))
        # A commit has just been seen: the time from here decides in the middle of what it dies.
        assert victim.runs_for(chance.uniform(0.0, 0.05)), victim.log_tail()
        victim.kill()
        running.append(site.consumers.start())
    site.database.wait_until_read(records)
    for consumer in running:
        consumer.signal(signal.SIGTERM)
    for consumer in running:
        # The signal itself ends one that has not come as far as to wait for it.
        assert consumer.exit_code() in {0, -signal.SIGTERM}, consumer.log_tail()
