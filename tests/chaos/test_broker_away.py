"""A real broker that is away, hangs, crawls or comes and goes: the consumer waits, says why, and goes on by itself."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import pytest
from confluent_kafka.admin import AdminClient

from consumer.adapters.kafka.source import KafkaSource
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.devstack.kafka import Kafka
from consumer.devstack.loopback import HOST, free_port
from consumer.process.clock import SystemClock
from consumer.records import Claim
from tests.chaos.group import LIMITS, PARTITIONS, QUICK, Group
from tests.conftest import service_address
from tests.contracts.places import create_topic, next_batch, own
from tests.fakes.tcp_proxy import TcpProxy, flapping

RECORDS = 1_000
_numbers = count()

Trouble = Callable[[TcpProxy, float], None]


def away(proxy: TcpProxy, seconds: float) -> None:
    """Connections are broken, and refused, for so long."""
    proxy.cut()
    try:
        _lasts(seconds)
    finally:
        proxy.mend()


def hanging(proxy: TcpProxy, seconds: float) -> None:
    """Connections stand, and nothing passes, for so long."""
    with _paused(proxy):
        _lasts(seconds)


def slow(proxy: TcpProxy, seconds: float) -> None:
    """Every call takes two seconds, for so long."""
    proxy.slow(1.0)
    try:
        _lasts(seconds)
    finally:
        proxy.slow(0.0)


def coming_and_going(proxy: TcpProxy, seconds: float) -> None:
    """Connections last for half a second, for so long."""
    with flapping(proxy, up=0.5, down=0.3):
        _lasts(seconds)


@contextmanager
def _paused(proxy: TcpProxy) -> Iterator[None]:
    proxy.pause()
    try:
        yield
    finally:
        proxy.resume()


def _lasts(seconds: float) -> None:
    Event().wait(seconds)


class Site(NamedTuple):
    """A broker behind a proxy, and a group on it."""

    proxy: TcpProxy
    servers: str
    topic: str
    group: Group


@pytest.fixture(scope="module")
def proxy() -> Iterator[TcpProxy]:
    """What stands before a real broker, which sends every client there."""
    port = free_port()
    with service_address("", lambda: Kafka(advertised_port=port)) as address:
        proxy = TcpProxy(HOST, int(address.rpartition(":")[2]))
        proxy.port = port
        with proxy:
            yield proxy


@pytest.fixture
def site(proxy: TcpProxy, tmp_path: Path) -> Iterator[Site]:
    """Empty topics, empty tables, no member yet."""
    engine = open_engine(f"sqlite:///{tmp_path}/memories.db")
    upgrade(engine)
    servers, topic = f"{HOST}:{proxy.port}", f"memories-{next(_numbers)}"
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    with ExitStack() as opened:
        opened.callback(engine.dispose)
        for name in (topic, f"{topic}-dlq"):
            create_topic(admin, name, PARTITIONS)
        yield Site(proxy, servers, topic, Group(servers, topic, f"{topic}-dlq", engine))


def goes_on(
    site: Site, trouble: Trouble, seconds: float, *, session_seconds: float, letters_within: float = 15.0
) -> list[str]:
    """Trouble comes in the middle of the work, and passes. What batches had to wait for."""
    records = site.group.publish(RECORDS)
    properties = {"session.timeout.ms": str(int(session_seconds * 1_000))}
    with site.group.member(properties, letters_within=letters_within) as member:
        member.watch.wait_until_read(RECORDS // 4)
        trouble(site.proxy, seconds)
        member.watch.wait_until_read(records)
        member.watch.wait_until_read(site.group.publish(20))
    assert member.error is None
    site.group.check()
    return member.watch.reasons


def test_an_absence_shorter_than_the_session_costs_no_membership(site: Site) -> None:
    reasons = goes_on(site, away, 2.0, session_seconds=20.0, letters_within=1.0)
    assert "dead letters not acknowledged" in reasons[0]
    assert site.group.epochs() == [1, 1]


def test_a_silence_longer_than_the_session_is_come_back_from(site: Site) -> None:
    goes_on(site, hanging, 4.0, session_seconds=2.0, letters_within=1.0)
    assert min(site.group.epochs()) > 1


@pytest.mark.proof
@pytest.mark.parametrize("trouble", [away, hanging, slow, coming_and_going])
def test_half_a_minute_of_trouble_costs_no_membership(site: Site, trouble: Trouble) -> None:
    reasons = goes_on(site, trouble, 30.0, session_seconds=45.0)
    assert bool(reasons) is (trouble in {away, hanging}), "what comes through now and then suffices"
    assert site.group.epochs() == [1, 1]


@pytest.mark.proof
@pytest.mark.parametrize("trouble", [away, hanging, coming_and_going])
def test_half_a_minute_of_trouble_is_come_back_from(site: Site, trouble: Trouble) -> None:
    goes_on(site, trouble, 30.0, session_seconds=6.0)


def test_nothing_waits_for_the_answer_to_a_commit(site: Site) -> None:
    site.group.publish(200)
    source = KafkaSource(site.servers, site.topic, [site.topic], SystemClock(), QUICK)
    with closing(source):
        for assigned in own(source, PARTITIONS):
            source.start(assigned, 0)
        batch = next_batch(source, LIMITS)
        done = {partition: Claim(partition, 1, offset, 1) for partition, offset in batch.next_offsets().items()}
        with _paused(site.proxy):
            assert _returns(lambda: source.commit(done))
            assert _returns(lambda: source.poll(LIMITS))
            assert _returns(lambda: source.hold(0.5, lambda: False))
            assert _returns(lambda: source.poll(LIMITS))


def _returns(call: Callable[[], object]) -> bool:
    """Whether the call comes back while nothing passes. An unanswered commit is waited for twice as long."""
    calling = Thread(target=call, daemon=True)
    calling.start()
    calling.join(30.0)
    return not calling.is_alive()
