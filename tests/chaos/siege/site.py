"""Where the siege takes place: servers with proxies before them, topics and tables, consumers, a publisher."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from tests.chaos.consumers import fleet, settings
from tests.chaos.outside import plain
from tests.chaos.publishing import Topics, topics
from tests.chaos.siege.members import Members
from tests.chaos.siege.modes import Mode
from tests.chaos.siege.published import Published
from tests.chaos.siege.publisher import Publisher
from tests.chaos.siege.stalls import Stalls
from tests.chaos.siege.watching import TELLING, watching
from tests.fakes.tcp_proxy import TcpProxy

PARTITIONS = 4
HOST = "127.0.0.1"

APPLICATION = "siege"
"""The name of our own sessions, by which the consumers' are told apart."""

SWITCHES = (
    # The transaction that draws a 1 fails. A sequence is not rolled back, so only that one does.
    "CREATE SEQUENCE siege_draws",
    "CREATE TABLE siege_state (sqlstate text)",
    "INSERT INTO siege_state VALUES ('40001')",
    """CREATE FUNCTION siege_fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('siege_draws') = 1 THEN
           RAISE EXCEPTION 'the siege' USING ERRCODE = (SELECT sqlstate FROM siege_state);
         END IF;
         RETURN NULL;
       END $$""",
    "SELECT setval('siege_draws', 1)",
    "CREATE TRIGGER siege_fail BEFORE INSERT ON event_ledger FOR EACH STATEMENT EXECUTE FUNCTION siege_fail()",
)


@dataclass(slots=True, frozen=True)
class Broker:
    """A broker that is a child of ours, and the proxy through which all its clients come."""

    pid: int
    way: TcpProxy


@dataclass(slots=True, frozen=True)
class Services:
    """The servers' addresses; and the broker, where it is ours to make ill."""

    kafka: str
    database_url: str
    redis_url: str
    broker: Broker | None = None


@dataclass(slots=True, frozen=True)
class Site:
    """What faults are injected into. `sql` is a connection of our own, past the proxy."""

    mode: Mode
    services: Services
    topics: Topics
    sql: psycopg.Connection[Any]
    database: TcpProxy
    redis: TcpProxy
    members: Members
    publisher: Publisher
    published: Published
    stalls: Stalls
    rewinds: Counter[int] = field(default_factory=Counter)
    """Of each partition, how many the operator was told are done."""


@contextmanager
def built(services: Services, mode: Mode, folder: Path, *, seed: int, per_second: float) -> Iterator[Site]:
    """A site on an empty database of these services: consumers are started, and records published, while inside."""
    _make_tables(services.database_url)
    published, stalls = Published(PARTITIONS), Stalls()
    with ExitStack() as opened:
        made = opened.enter_context(topics(services.kafka, PARTITIONS))
        sql = opened.enter_context(connected(services.database_url))
        for statement in (*SWITCHES, *TELLING):
            sql.execute(statement.encode())
        database, redis = (opened.enter_context(_proxy(url)) for url in (services.database_url, services.redis_url))
        opened.enter_context(watching(opened.enter_context(connected(services.database_url)), stalls))
        members = Members(opened.enter_context(fleet(_settings(services, mode, made, database, redis), folder)))
        publisher = Publisher(
            services.kafka,
            made.source,
            published,
            lambda ends: stalls.published(ends, time.monotonic()),
            mode,
            seed=seed,
            per_second=per_second,
        )
        members.fill()
        opened.enter_context(publisher)
        yield Site(mode, services, made, sql, database, redis, members, publisher, published, stalls)


@contextmanager
def connected(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of ours, which no fault ends."""
    with psycopg.connect(plain(database_url), autocommit=True, application_name=APPLICATION) as connection:
        yield connection


def _proxy(url: str) -> TcpProxy:
    parts = urlsplit(url)
    return TcpProxy(parts.hostname or HOST, parts.port or 0)


def _through(proxy: TcpProxy, url: str) -> str:
    """The URL with the proxy in the server's place."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}{HOST}:{proxy.port}").geturl()


def _settings(services: Services, mode: Mode, made: Topics, database: TcpProxy, redis: TcpProxy) -> dict[str, str]:
    """Short times, so that a server that is away is asked again soon."""
    return {
        **settings(
            services.kafka,
            _through(database, services.database_url),
            _through(redis, services.redis_url),
            made.source,
            made.letters,
        ),
        "CONSUMER_DATABASE_CONNECT_TIMEOUT_SECONDS": "2",
        "CONSUMER_DATABASE_LOCK_TIMEOUT_SECONDS": "2",
        "CONSUMER_DATABASE_STATEMENT_TIMEOUT_SECONDS": "2",
        "CONSUMER_LOG_FORMAT": "json",
        "CONSUMER_MODE": mode.name,
    }


def _make_tables(database_url: str) -> None:
    engine = open_engine(database_url)
    try:
        migrating.upgrade(engine)
    finally:
        engine.dispose()
