"""A group on real services. And PostgreSQL behind a proxy, with the loop over it: its tables are made once, and empty
for each test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Engine, make_url

from consumer.adapters.sql.dialects import Timeouts
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.migrating import upgrade
from consumer.adapters.sql.patience import Patience
from consumer.adapters.sql.tables import metadata
from consumer.devstack.postgres import temporary_database
from tests.chaos.loop import Connection, Loop, OpenLoop
from tests.chaos.publishing import Topics, topics
from tests.chaos.real_group import Group
from tests.chaos.troubles import ORDINARY_USER
from tests.fakes.tcp_proxy import TcpProxy


@pytest.fixture
def made(kafka: str) -> Iterator[Topics]:
    """A topic of two partitions and one for its dead letters."""
    with topics(kafka, partitions=2) as new:
        yield new


@pytest.fixture
def group(kafka: str, made: Topics, fresh_database: Callable[[], str]) -> Group:
    """A group that has read nothing yet."""
    return Group.of(kafka, made.source, made.letters, fresh_database())


@pytest.fixture(scope="module")
def tables_url(postgres_url: str) -> Iterator[str]:
    """SQLAlchemy URL of a database with tables, for the tests of one file."""
    with _ordinary_user(postgres_url), temporary_database(postgres_url) as url:
        engine = open_engine(url)
        upgrade(engine)
        with engine.begin() as connection:
            for things in ("TABLES", "SEQUENCES"):
                connection.exec_driver_sql(f"GRANT ALL ON ALL {things} IN SCHEMA public TO {ORDINARY_USER}")
        engine.dispose()
        yield url


@contextmanager
def _ordinary_user(postgres_url: str) -> Iterator[None]:
    """What limits connections does not limit a superuser, as tests are."""
    with psycopg.connect(_plain(postgres_url), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ORDINARY_USER} LOGIN PASSWORD '{ORDINARY_USER}'")
        try:
            yield
        finally:
            connection.execute(f"DROP ROLE {ORDINARY_USER}")


@pytest.fixture
def straight(tables_url: str) -> Iterator[Connection]:
    """A way to the database that nothing is wrong with. Nothing is in the tables."""
    with psycopg.connect(_plain(tables_url), autocommit=True) as connection:
        connection.execute("TRUNCATE " + ", ".join(metadata.tables))
        yield connection


@pytest.fixture
def proxy(tables_url: str) -> Iterator[TcpProxy]:
    """What stands between the loop and PostgreSQL."""
    with TcpProxy.before(tables_url) as proxy:
        yield proxy


@pytest.fixture
def open_loop(tables_url: str, proxy: TcpProxy, straight: Connection) -> Iterator[OpenLoop]:
    """Makes the loop."""
    url = make_url(proxy.instead(tables_url)).set(username=ORDINARY_USER, password=ORDINARY_USER)
    through = url.render_as_string(hide_password=False)
    engines: list[Engine] = []

    def opened(timeouts: Timeouts | None = None, patience: Patience | None = None) -> Loop:
        engines.append(open_engine(through, connect_timeout=2.0, patience=patience))
        return Loop(engines[-1], timeouts or Timeouts())

    yield opened
    for engine in engines:
        engine.dispose()


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
