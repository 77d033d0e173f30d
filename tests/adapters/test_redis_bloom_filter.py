"""The filter on a real Redis: its generations, its limits, and every way in which Redis can be of no use."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from redis import Redis
from redis.commands.bf.info import BFInfo
from structlog.testing import capture_logs

import consumer.devstack.redis
from consumer.adapters.redis.bloom_filter import RedisBloomFilter
from consumer.adapters.redis.generations import Generations
from consumer.adapters.redis.trouble import LASTING, PASSING
from consumer.errors import SettingsError
from tests.fakes.clock import HandClock
from tests.fakes.tcp_proxy import TcpProxy

HOURLY = Generations(capacity=1_000, error_rate=0.001, window=timedelta(hours=1), count=3)
TIMEOUT = 30.0
"""Seconds: no busy machine makes an outage of a Redis that is well."""

SHORT = 2.0
"""For a Redis that hangs. It takes ten of them for a test to fail that is to wait for one."""

Open = Callable[..., RedisBloomFilter]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def group() -> str:
    return f"bloom-{uuid4()}"


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    """A look behind the filter's back."""
    with Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
def open_filter(redis_url: str, group: str, clock: HandClock) -> Iterator[Open]:
    """Makes filters of the test's own group."""
    with ExitStack() as opened:

        def open_filter(
            url: str = redis_url, generations: Generations = HOURLY, of: str = group, timeout: float = TIMEOUT
        ) -> RedisBloomFilter:
            seen = RedisBloomFilter(url, of, generations, clock, timeout=timeout)
            opened.callback(seen.close)
            return seen

        yield open_filter


@pytest.fixture
def proxy(redis_url: str) -> Iterator[TcpProxy]:
    """The way to Redis, at the test's mercy."""
    with TcpProxy.before(redis_url) as proxy:
        yield proxy


def through(proxy: TcpProxy) -> str:
    return f"redis://127.0.0.1:{proxy.port}/0"


def ids(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def keys(client: Redis, group: str) -> list[str]:
    return sorted(key.decode() for key in client.scan_iter(match=f"memory-consumer:seen:{{{group}}}:*"))


def inside(client: Redis, key: str) -> BFInfo:
    info = client.bf().info(key)
    assert isinstance(info, BFInfo)
    return info


class TestGenerations:
    def test_an_id_is_known_for_as_many_windows_as_there_are_generations(
        self, open_filter: Open, clock: HandClock
    ) -> None:
        seen, known = open_filter(), ids(5)
        seen.add(known)

        for _ in range(HOURLY.count):
            assert seen.maybe(known) == set(known)
            clock.pass_(3_600)
        assert seen.maybe(known) == set()

    def test_each_window_has_a_key_that_expires(
        self, open_filter: Open, clock: HandClock, client: Redis, group: str
    ) -> None:
        seen = open_filter()
        seen.add(ids(1))
        clock.pass_(3_600)
        seen.add(ids(1))

        number = HOURLY.number(clock.now())
        assert keys(client, group) == [f"memory-consumer:seen:{{{group}}}:{n}" for n in (number - 1, number)]
        left = [client.pttl(key) for key in keys(client, group)]
        assert left == [pytest.approx(3 * 3_600_000, abs=60_000)] * 2

    def test_a_generation_is_reserved_as_stated_when_it_is_first_needed(
        self, open_filter: Open, client: Redis, group: str
    ) -> None:
        seen = open_filter()
        seen.maybe(ids(1))
        assert keys(client, group) == []

        seen.add(ids(7))

        info = inside(client, keys(client, group)[0])
        assert (info.capacity, info.insertedNum, info.filterNum) == (1_000, 7, 1)

    def test_a_flushed_redis_is_an_empty_filter_and_fills_again(
        self, open_filter: Open, client: Redis, group: str
    ) -> None:
        seen, known = open_filter(), ids(5)
        seen.add(known)
        client.delete(*keys(client, group))

        assert seen.maybe(known) == set()
        seen.add(known)
        assert seen.maybe(known) == set(known)
        assert inside(client, keys(client, group)[0]).capacity == 1_000

    def test_groups_know_nothing_of_each_other(self, open_filter: Open) -> None:
        known = ids(5)
        open_filter().add(known)

        assert open_filter(of=f"other-{uuid4()}").maybe(known) == set()

    def test_a_restarted_consumer_remembers(self, open_filter: Open) -> None:
        known = ids(5)
        open_filter().add(known)

        assert open_filter().maybe(known) == set(known)


class TestFull:
    def test_it_is_said_once_a_window_and_the_filter_goes_on(self, open_filter: Open, clock: HandClock) -> None:
        seen, known = open_filter(generations=Generations(100, 0.001, timedelta(hours=1), 3)), ids(300)
        with capture_logs() as logs:
            for _ in range(3):
                seen.add(known)

        assert [entry["event"] for entry in logs] == ["filter full, new ids are not remembered in this window"]
        assert "CONSUMER_BLOOM_CAPACITY" in logs[0]["advice"]
        assert set(known[:100]) <= set(seen.maybe(known))
        assert len(seen.maybe(ids(1_000))) < 20
        assert (seen.trouble() or "").startswith("full")

        clock.pass_(3_600)
        assert seen.trouble() is None
        seen.add(known[200:])
        assert set(known[200:]) <= set(seen.maybe(known))


class TestOutage:
    def test_a_redis_that_hangs_costs_one_timeout_and_is_left_alone(
        self, open_filter: Open, proxy: TcpProxy, clock: HandClock
    ) -> None:
        seen, known = open_filter(through(proxy), timeout=SHORT), ids(5)
        seen.add(known)
        proxy.pause()

        started = time.monotonic()
        asked = ids(3)
        for _ in range(50):
            assert seen.maybe(asked) == set(asked)
            seen.add(asked)
        assert time.monotonic() - started < 10 * SHORT
        assert "too slow" in (seen.trouble() or "")

        proxy.resume()
        clock.pass_(PASSING.longest)
        assert seen.maybe(known + asked) == set(known)
        assert seen.trouble() is None

    def test_going_and_coming_back_are_said_once_each(
        self, open_filter: Open, proxy: TcpProxy, clock: HandClock
    ) -> None:
        seen = open_filter(through(proxy))
        with capture_logs() as logs:
            seen.add(ids(1))
            proxy.cut()
            for _ in range(5):
                seen.maybe(ids(1))
                seen.add(ids(1))
                clock.pass_(PASSING.longest)
            proxy.mend()
            for _ in range(5):
                seen.maybe(ids(1))
                seen.add(ids(1))

        assert [entry["event"] for entry in logs] == ["filter out of use", "filter in use again"]
        assert logs[0]["consequence"] == "every event is looked up in the database"
        assert logs[0]["advice"]

    def test_while_it_is_away_it_is_not_asked_until_it_is_due(
        self, open_filter: Open, proxy: TcpProxy, clock: HandClock
    ) -> None:
        seen, known = open_filter(through(proxy)), ids(2)
        seen.add(known)
        proxy.cut()
        seen.maybe(known)
        proxy.mend()

        assert seen.maybe(ids(3)), "it would be empty if Redis had been asked"
        clock.pass_(PASSING.first)
        assert seen.maybe(ids(3)) == set()

    def test_a_connection_gone_stale_is_no_outage(self, open_filter: Open, proxy: TcpProxy) -> None:
        seen, known = open_filter(through(proxy)), ids(2)
        seen.add(known)
        proxy.cut()
        proxy.mend()

        with capture_logs() as logs:
            assert seen.maybe(known + ids(3)) == set(known)
        assert logs == []

    def test_a_connection_that_breaks_in_use_is_tried_once_more(self, open_filter: Open, proxy: TcpProxy) -> None:
        seen, known = open_filter(through(proxy)), ids(2)
        seen.add(known)
        proxy.forget()

        with capture_logs() as logs:
            assert seen.maybe(known + ids(3)) == set(known)
        assert logs == []

    def test_a_slow_redis_within_the_timeout_is_used(self, open_filter: Open, proxy: TcpProxy) -> None:
        seen, known = open_filter(through(proxy)), ids(2)
        proxy.slow(0.02)
        seen.add(known)

        assert seen.maybe(known + ids(3)) == set(known)

    def test_something_that_is_not_redis_is_borne(self, open_filter: Open) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            Thread(target=_answer_as_a_web_server, args=(listener,), daemon=True).start()
            url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
            seen, asked = open_filter(url, timeout=SHORT), ids(3)

            assert seen.maybe(asked) == set(asked)
            assert seen.trouble()

    def test_a_host_that_does_not_exist_is_borne(self, open_filter: Open) -> None:
        seen, asked = open_filter("redis://no-such-host.invalid:6379/0"), ids(3)

        assert seen.maybe(asked) == set(asked)
        assert "away" in (seen.trouble() or "")


class TestNotForUs:
    def test_a_redis_without_the_bloom_module(
        self, open_filter: Open, clock: HandClock, monkeypatch: pytest.MonkeyPatch, redis_url: str
    ) -> None:
        monkeypatch.setattr(consumer.devstack.redis, "find_bloom_module", lambda: None)
        with consumer.devstack.redis.Redis() as plain:
            seen, asked = open_filter(plain.address), ids(3)
            with capture_logs() as logs:
                for _ in range(3):
                    assert seen.maybe(asked) == set(asked)
                    seen.add(asked)
                    clock.pass_(PASSING.longest)

        assert "no Bloom module" in (seen.trouble() or "")
        assert len(logs) == 1
        assert "Redis 8" in logs[0]["advice"]

    def test_a_key_that_holds_something_else(
        self, open_filter: Open, clock: HandClock, client: Redis, group: str
    ) -> None:
        client.set(f"memory-consumer:seen:{{{group}}}:{HOURLY.number(clock.now())}", "not a filter", ex=60)
        seen = open_filter()

        seen.add(ids(3))
        assert "something else" in (seen.trouble() or "")

    def test_a_wrong_password(self, open_filter: Open, redis_url: str) -> None:
        seen, asked = open_filter(redis_url.replace("//", "//nobody:wrong@")), ids(3)

        assert seen.maybe(asked) == set(asked)
        assert "refuses us" in (seen.trouble() or "")
        assert "wrong@" not in (seen.trouble() or "")

    def test_once_a_person_has_helped_it_is_used_before_long(
        self, open_filter: Open, clock: HandClock, client: Redis, redis_url: str, user: str
    ) -> None:
        seen, asked = open_filter(redis_url.replace("//", f"//{user}:secret@")), ids(3)
        assert seen.maybe(asked) == set(asked)

        client.acl_setuser(user, enabled=True, categories=["+@all"])
        clock.pass_(LASTING.first / 2 - 1)
        assert seen.maybe(asked) == set(asked), "what takes a person is probed seldom"
        clock.pass_(LASTING.first)
        assert seen.maybe(asked) == set()
        assert seen.trouble() is None

    def test_a_filter_that_may_be_read_only_is_read_and_said_once(
        self, open_filter: Open, clock: HandClock, client: Redis, redis_url: str, user: str
    ) -> None:
        client.acl_setuser(user, enabled=True, commands=["+bf.mexists", "+pexpire"])
        known = ids(3)
        open_filter().add(known)
        seen = open_filter(redis_url.replace("//", f"//{user}:secret@"))
        with capture_logs() as logs:
            for _ in range(5):
                assert seen.maybe(known + ids(1)) == set(known)
                seen.add(ids(1))
                clock.pass_(1)

        assert [entry["consequence"] for entry in logs] == ["new ids are not remembered"]
        assert "refuses us" in (seen.trouble() or "")

    @pytest.fixture
    def user(self, client: Redis) -> Iterator[str]:
        """Somebody who may log in, and do nothing."""
        name = f"reader-{uuid4()}"
        client.acl_setuser(name, enabled=True, passwords=["+secret"], keys=["*"], commands=["+select", "+client"])
        yield name
        client.acl_deluser(name)


def test_an_address_that_is_none_is_refused_at_once(open_filter: Open) -> None:
    with pytest.raises(SettingsError, match="CONSUMER_REDIS_URL"):
        open_filter("localhost:6379")


def _answer_as_a_web_server(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
