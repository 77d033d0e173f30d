"""Consumers frozen by SIGSTOP for longer than the group waits, at the worst moments, and woken later.

While one is frozen another gets its partitions and reads everything: it is held up no longer than docs/delivery.md
says. Woken, the first writes nothing, or the figures would be wrong.
"""

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from consumer.devstack import sample_events
from tests.chaos.consumers import Consumer
from tests.chaos.outside import BOUND, plain
from tests.chaos.publishing import publish_disorderly
from tests.chaos.site import Site, a_site, check
from tests.fakes.tcp_proxy import TcpProxy

RECORDS = 4_000
BATCH = 1_000

SESSION, IDLE = timedelta(seconds=2.5), timedelta(seconds=2)
"""What the consumers of these tests are set to: session.timeout.ms, and the idle timeout of the database."""

REBALANCE = timedelta(seconds=60)
"""For the group to make up its mind, and a busy machine to start a process. Locks that were not given up would last
until the frozen one is woken, which is not before all is read."""

SESSIONS = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
COPYING = f"EXISTS ({SESSIONS} AND state = 'active' AND query LIKE 'COPY %')"
IN_TRANSACTION = f"EXISTS ({SESSIONS} AND state = 'idle in transaction')"
NOTHING_MORE_COMES = f"NOT EXISTS ({SESSIONS} AND wait_event IS DISTINCT FROM 'ClientRead')"

Freeze = Callable[[Site, Consumer], None]


@pytest.fixture
def slow_redis(redis_url: str) -> Iterator[str]:
    """Redis, a moment away: what comes after COMMIT takes a while."""
    with TcpProxy.before(redis_url) as proxy:
        proxy.slow(0.05)
        yield proxy.instead(redis_url)


@pytest.fixture
def site(kafka: str, fresh_database: Callable[[], str], slow_redis: str, tmp_path: Path) -> Iterator[Site]:
    others = {"CONSUMER_BATCH_SIZE": str(BATCH), "CONSUMER_REDIS_TIMEOUT_MS": "5000"}
    with a_site(kafka, fresh_database(), slow_redis, tmp_path, others=others) as site:
        yield site


def in_copy(site: Site, consumer: Consumer) -> None:
    """In the middle of COPY: the server waits for the next row."""
    while True:
        _wait_until(site, COPYING)
        consumer.signal(signal.SIGSTOP)
        _wait_until(site, NOTHING_MORE_COMES)
        if _is_true(site, COPYING):
            return
        consumer.signal(signal.SIGCONT)


def with_memories_locked(site: Site, consumer: Consumer) -> None:
    """In the transaction, with rows of memories locked."""
    with _stopping_at(site, "AFTER INSERT ON memories FOR EACH STATEMENT"):
        _freeze_at_the_lock(site, consumer)
    _wait_until(site, IN_TRANSACTION)


def behind_the_fence(site: Site, consumer: Consumer) -> None:
    """One step before COMMIT: the partitions' own rows are locked, which the next owner has to claim."""
    with _stopping_at(site, "AFTER UPDATE ON partitions FOR EACH ROW WHEN (NEW.records_read > OLD.records_read)"):
        _freeze_at_the_lock(site, consumer)
    _wait_until(site, IN_TRANSACTION)


def before_the_offsets(site: Site, consumer: Consumer) -> None:
    """Between COMMIT and the offsets: the database has the batch, Kafka knows nothing of it."""
    site.database.wait_until_read(1)
    consumer.signal(signal.SIGSTOP)
    assert sum(site.committed().values()) < site.database.read()


@pytest.mark.parametrize(
    "freeze",
    [
        behind_the_fence,
        *(
            pytest.param(point, marks=pytest.mark.proof)
            for point in (in_copy, with_memories_locked, before_the_offsets)
        ),
    ],
)
def test_the_next_owner_is_not_held_up_and_the_frozen_one_writes_nothing(site: Site, freeze: Freeze) -> None:
    expected = publish_disorderly(site.kafka, site.topics.source, sample_events.events(RECORDS))
    frozen = site.consumers.start()
    freeze(site, frozen)
    frozen_at, before = datetime.now(UTC), site.database.partitions()
    heir = site.consumers.start()
    site.database.wait_for_takeover(before)
    site.database.wait_until_read(site.database.read() + 1)
    ((written_at,),) = site.database.query("SELECT max(moved_at) FROM partitions")
    assert written_at - frozen_at < SESSION + IDLE + REBALANCE
    site.database.wait_until_read(expected.records)

    frozen.signal(signal.SIGCONT)
    for consumer in (frozen, heir):
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code() == 0, consumer.log_tail()
    check(site, expected)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(5))
def test_frozen_at_random_moments(site: Site, seed: int) -> None:
    """Two consumers, of which one after the other is frozen until the other has everything that was its."""
    chance = random.Random(seed)
    expected = publish_disorderly(site.kafka, site.topics.source, sample_events.events(4 * RECORDS))
    consumers = [site.consumers.start(), site.consumers.start()]
    for share in (0.1, 0.3, 0.5, 0.7):
        site.database.wait_until_read(int(expected.records * share))
        frozen = consumers[chance.randrange(2)]
        assert frozen.runs_for(chance.uniform(0.0, 0.3)), frozen.log_tail()
        frozen.signal(signal.SIGSTOP)
        assert frozen.runs_for(SESSION.total_seconds() * chance.uniform(0.5, 2.0))
        frozen.signal(signal.SIGCONT)
    site.database.wait_until_read(expected.records)
    for consumer in consumers:
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code() == 0, consumer.log_tail()
    check(site, expected)


@contextmanager
def _stopping_at(site: Site, event: str) -> Iterator[None]:
    """Whoever comes to that event waits within; from the end on, nobody does."""
    with psycopg.connect(plain(site.database_url), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(
            "CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$"
        )
        connection.execute(f"CREATE TRIGGER stop_here {event} EXECUTE FUNCTION stop_here()")
        yield


def _freeze_at_the_lock(site: Site, consumer: Consumer) -> None:
    while not site.database.has_somebody_waiting_for_a_lock():
        assert consumer.runs_for(0.05), consumer.log_tail()
    consumer.signal(signal.SIGSTOP)


def _is_true(site: Site, condition: str) -> bool:
    return site.database.query(f"SELECT {condition}") == [(True,)]


def _wait_until(site: Site, condition: str) -> None:
    """Ask until it is so: of what sessions do, nobody is told."""
    end = monotonic() + BOUND
    while not _is_true(site, condition):
        assert monotonic() < end, condition
