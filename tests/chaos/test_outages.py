"""PostgreSQL or Redis is away, hangs, crawls or flaps under a running consumer.

It waits, or goes on without the filter; says so in its log, in `status` and at the health endpoint; keeps its place in
the group; and in the end every record has ended once.
"""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest
from confluent_kafka.admin import AdminClient

from consumer.devstack.loopback import HOST, free_port
from tests import goemotions
from tests.chaos.consumers import Consumer
from tests.chaos.outside import BOUND
from tests.chaos.publishing import Publishing, publish_disorderly
from tests.chaos.site import Site, a_site, check
from tests.fakes.tcp_proxy import TcpProxy, flapping

PARTITIONS = 2
FEW = 500
MANY = 20_000
LONG = 30.0
"""Seconds of an outage."""

OTHERS = {
    "CONSUMER_BATCH_SIZE": "100",
    # Where each question and each answer takes two seconds, a transaction idles for four between them.
    "CONSUMER_DATABASE_IDLE_TIMEOUT_SECONDS": "8",
    "CONSUMER_DATABASE_STATEMENT_TIMEOUT_SECONDS": "5",
    "CONSUMER_DLQ_TIMEOUT_SECONDS": "5",
    "CONSUMER_KAFKA__session_timeout_ms": "10000",
    # A wait without an end would be found out by it, a try in which every answer is that slow would not.
    "CONSUMER_KAFKA__max_poll_interval_ms": "60000",
}

Said = dict[str, Any]


@contextmanager
def _away(proxy: TcpProxy) -> Iterator[None]:
    proxy.cut()
    yield
    proxy.mend()


@contextmanager
def _hanging(proxy: TcpProxy) -> Iterator[None]:
    proxy.pause()
    yield
    proxy.resume()


@contextmanager
def _slow(proxy: TcpProxy) -> Iterator[None]:
    proxy.slow(2.0)
    yield
    proxy.slow(0.0)


ILLNESSES: dict[str, Callable[[TcpProxy], AbstractContextManager[None]]] = {
    "away": _away,
    "hanging": _hanging,
    "slow": _slow,
    "flapping": lambda proxy: flapping(proxy, up=1.0, down=1.0),
}


class Ward(NamedTuple):
    """A site whose consumers reach PostgreSQL and Redis through proxies."""

    site: Site
    proxies: dict[str, TcpProxy]
    health_port: int

    def place_in_the_group(self) -> tuple[set[str], dict[int, int]]:
        """The members, and the epoch of each partition. Whoever was put out comes back by another name, and claims."""
        group = self.site.topics.source
        admin = AdminClient({"bootstrap.servers": self.site.kafka})
        members = admin.describe_consumer_groups([group])[group].result(BOUND).members
        epochs = {number: row.epoch for number, row in self.site.database.partitions().items()}
        return {member.member_id for member in members}, epochs

    def wait_until_it_says(self, is_so: Callable[[Said], bool]) -> Said:
        """Ask the health endpoint until it is so."""
        said: Said = {}
        for _ in range(round(BOUND / 0.1)):
            said = self._readiness()
            if is_so(said):
                return said
            Event().wait(0.1)
        raise AssertionError(said)

    def _readiness(self) -> Said:
        with closing(HTTPConnection(HOST, self.health_port, timeout=BOUND)) as connection:
            try:
                connection.request("GET", "/readyz")
            except ConnectionRefusedError:
                return {"ready": False, "waiting_for": None}
            return dict(json.loads(connection.getresponse().read()))


@pytest.fixture
def ward(kafka: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path) -> Iterator[Ward]:
    database_url, port = fresh_database(), free_port()
    with TcpProxy.before(database_url) as postgres, TcpProxy.before(redis_url) as redis:
        others = {
            **OTHERS,
            "CONSUMER_DATABASE_URL": postgres.instead(database_url),
            "CONSUMER_REDIS_URL": redis.instead(redis_url),
            "CONSUMER_HEALTH_PORT": str(port),
        }
        with a_site(kafka, database_url, redis_url, tmp_path, partitions=PARTITIONS, others=others) as site:
            yield Ward(site, {"postgres": postgres, "redis": redis}, port)


def test_what_is_waited_for_is_said_and_what_can_go_on_does(ward: Ward) -> None:
    site, postgres, redis = ward.site, ward.proxies["postgres"], ward.proxies["redis"]
    publishing = Publishing(site.kafka, site.topics.source)
    redis.cut()
    consumer = site.consumers.start()
    _publish(publishing, FEW)
    site.database.wait_until_read(FEW)
    site.database.wait_for("SELECT count(*) = 1 FROM consumers WHERE snapshot::jsonb ->> 'filter_trouble' <> ''")
    ward.wait_until_it_says(lambda said: said["ready"])

    postgres.cut()
    _publish(publishing, FEW)
    said = ward.wait_until_it_says(lambda said: "database: " in (said["waiting_for"] or ""))
    assert (said["live"], said["ready"]) == (True, False)
    assert consumer.waits_to_log('"message": "waiting", "reason": "database: '), consumer.log_tail()

    postgres.mend()
    site.database.wait_until_read(2 * FEW)
    assert ward.wait_until_it_says(lambda said: said["ready"])["waiting_for"] is None
    _stop(consumer)
    check(site, publishing.expected)


@pytest.mark.proof
@pytest.mark.parametrize("illness", ILLNESSES)
@pytest.mark.parametrize("who", ["postgres", "redis"])
def test_half_a_minute_of_it_costs_nothing_but_time(ward: Ward, who: str, illness: str) -> None:
    site = ward.site
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(MANY))
    consumer = site.consumers.start()
    site.database.wait_until_read(expected.records // 10)
    before = ward.place_in_the_group()
    with ILLNESSES[illness](ward.proxies[who]):
        assert consumer.runs_for(LONG), consumer.log_tail()
        done_meanwhile = site.database.read()
    assert done_meanwhile == expected.records or who == "postgres", "nobody waits for the filter"
    site.database.wait_until_read(expected.records)
    assert ward.place_in_the_group() == before
    _stop(consumer)
    check(site, expected)


@pytest.mark.proof
@pytest.mark.parametrize("illness", ["away", "hanging"])
def test_who_is_asked_to_stop_meanwhile_stops_and_what_is_left_is_read_again(ward: Ward, illness: str) -> None:
    site = ward.site
    expected = publish_disorderly(site.kafka, site.topics.source, goemotions.memories(MANY))
    consumer = site.consumers.start("--set", "shutdown_timeout_seconds=3")
    site.database.wait_until_read(expected.records // 10)
    with ILLNESSES[illness](ward.proxies["postgres"]):
        consumer.signal(signal.SIGTERM)
        assert consumer.exit_code(2 * BOUND) == 0, consumer.log_tail()
    successor = site.consumers.start()
    site.database.wait_until_read(expected.records)
    _stop(successor)
    check(site, expected)


def _publish(publishing: Publishing, records: int) -> None:
    """Good events, none of which was published before."""
    begin = publishing.expected.records
    for event in islice(goemotions.memories(begin + records), begin, None):
        publishing.good(event)
    publishing.finish()


def _stop(consumer: Consumer) -> None:
    consumer.signal(signal.SIGTERM)
    assert consumer.exit_code() == 0, consumer.log_tail()
