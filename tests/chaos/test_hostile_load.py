"""Load that means harm: nothing but poison, one memory for everything, records of one byte beside such of a megabyte.

A real consumer on real Kafka, PostgreSQL and Redis, looked at from outside.
"""

import random
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from consumer.adapters.sql.engine import open_engine
from consumer.devstack import sample_events
from tests.chaos.outside import letters_in
from tests.chaos.publishing import Expected, Publishing
from tests.chaos.site import Site, a_site, check

MEGABYTE = 1024 * 1024

BATCH_BYTES = 4 * MEGABYTE

AT_FULL_SPEED = {
    "CONSUMER_MAX_ERROR_SHARE": "1",
    "CONSUMER_BATCH_SIZE": "1000",
    "CONSUMER_BATCH_MAX_BYTES": str(BATCH_BYTES),
    "CONSUMER_DATABASE_IDLE_TIMEOUT_SECONDS": "20",
    "CONSUMER_DLQ_TIMEOUT_SECONDS": "15",
    "CONSUMER_KAFKA__session_timeout_ms": "45000",
    "CONSUMER_KAFKA__queued_max_messages_kbytes": "16384",
    "CONSUMER_KAFKA__fetch_max_bytes": str(8 * MEGABYTE),
}
"""Any share of bad records is borne; a batch may have 4 MB, and librdkafka fetch 16 MB ahead."""

BYTES_OF_BATCHES = (
    "SELECT max(bytes) FROM"
    " (SELECT sum(octet_length(metadata::text)) AS bytes FROM memories GROUP BY xmin::text) AS batches"
)
"""A batch is one transaction, and what is large is in the metadata."""

MOST_MEMORY = 300 * MEGABYTE
"""What a consumer needs for its code, these buffers and a batch; a part of what the long form publishes."""

Open = Callable[[int], AbstractContextManager[Site]]


@pytest.fixture
def a_place(kafka: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path) -> Open:
    """Opens a site with so many partitions."""
    return lambda partitions: a_site(
        kafka, fresh_database(), redis_url, tmp_path, partitions=partitions, others=AT_FULL_SPEED
    )


def test_every_kind_at_once_each_in_a_partition_of_its_own(a_place: Open) -> None:
    with a_place(3) as site:
        expected = Expected()
        for partition, (publish, count) in enumerate(((poison, 5_000), (one_memory, 5_000), (all_sizes, 20))):
            publishing = Publishing(site.kafka, site.topics.source, expected, partition)
            publish(publishing, count)
            publishing.finish()
        consume(site, expected)
        check(site, expected)
        rows = site.database.partitions()
        assert (rows[0].dead_lettered, rows[1].stored) == (rows[0].read, rows[1].read) == (5_000, 5_000)
        ((largest,),) = site.database.query(BYTES_OF_BATCHES)
        print(f"{largest / MEGABYTE:.1f} MB in the largest batch")
        assert largest <= BATCH_BYTES


@pytest.mark.proof
@pytest.mark.parametrize(("publish", "count"), [("poison", 100_000), ("one_memory", 100_000), ("all_sizes", 300)])
def test_a_partition_with_nothing_else(a_place: Open, publish: str, count: int) -> None:
    with a_place(1) as site:
        publishing = Publishing(site.kafka, site.topics.source)
        {"poison": poison, "one_memory": one_memory, "all_sizes": all_sizes}[publish](publishing, count)
        consume(site, publishing.finish())
        check(site, publishing.expected)


@pytest.mark.proof
def test_nothing_but_rows_that_the_database_refuses(a_place: Open) -> None:
    """Valid events all of them, in batches of a thousand of which not one row can be written."""
    with a_place(1) as site:
        _refuse_everything(site.database_url)
        publishing = Publishing(site.kafka, site.topics.source)
        for event in sample_events.events(20_000):
            publishing.good(event)
        consume(site, publishing.finish())
        site.database.check_equation()
        assert site.database.partitions()[0].dead_lettered == 20_000
        assert len(letters_in(site.kafka, site.topics.letters, 1)) == 20_000
        assert site.database.query("SELECT count(*) FROM event_ledger") == [(0,)]


def poison(publishing: Publishing, count: int) -> None:
    """Not one record that is an event."""
    for number, event in enumerate(sample_events.events(count)):
        publishing.broken(event, number)


def one_memory(publishing: Publishing, count: int) -> None:
    """One memory in so many states, one after the other. They are folded within each batch, and each is counted."""
    chance = random.Random(1)
    state = sample_events.created(chance, 0)
    publishing.good(state)
    for _ in range(count - 1):
        state = sample_events.updated(chance, state, timedelta(seconds=1))
        publishing.good(state)


def all_sizes(publishing: Publishing, rounds: int) -> None:
    """Each round: an event of 900 KB, a record too large to be taken, fifty events as usual, fifty single bytes."""
    events = sample_events.events(rounds * 51, seed=2)
    for number in range(rounds):
        large = next(events)
        assert large.memory is not None
        large.memory.metadata = {"transcript": f"{number} " * (900_000 // len(f"{number} "))}
        publishing.good(large)
        publishing.junk("too large", bytes([number % 256]) * 990_000)
        for _ in range(50):
            publishing.good(next(events))
            publishing.junk("a byte", bytes([number % 256]))


def consume(site: Site, expected: Expected) -> None:
    """Consume everything within bounded memory, and end. Says how fast it was, from the first commit on."""
    consumer = site.consumers.start()
    site.database.wait_until_read(1)
    begun, done = time.monotonic(), site.database.read()
    site.database.wait_until_read(expected.records)
    rate = (expected.records - done) / max(time.monotonic() - begun, 1e-6)
    peak = consumer.peak_memory()
    print(f"{expected.records:,} records, {rate:,.0f} a second, {peak / MEGABYTE:,.0f} MB at most")
    assert peak < MOST_MEMORY
    consumer.signal(signal.SIGTERM)
    assert consumer.exit_code() == 0, consumer.log_tail()


def _refuse_everything(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE memories ADD CONSTRAINT nothing CHECK (content IS NULL)"))
    engine.dispose()
