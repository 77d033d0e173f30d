"""A database that stops answering, whatever we wait for: we end it ourselves, and say so."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.errors import translated
from consumer.adapters.sql.patience import Patience
from consumer.errors import TookTooLong, Transient
from tests.fakes.tcp_proxy import TcpProxy

SHORT = 1.5
LONG = 60.0


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[TcpProxy]:
    with TcpProxy.before(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def open_through(proxy: TcpProxy, postgres_url: str) -> Iterator[Callable[[Patience], Engine]]:
    engines: list[Engine] = []

    def opened(patience: Patience) -> Engine:
        engines.append(open_engine(proxy.instead(postgres_url), patience=patience))
        return engines[-1]

    yield opened
    for engine in engines:
        engine.dispose()


def copy(connection: Connection, lines: int) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy("COPY staged FROM STDIN") as into:
        for _ in range(lines):
            into.write_row(["x" * 1_000])


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda connection: connection.execute(text("SELECT 1")), id="a statement"),
        pytest.param(lambda connection: copy(connection, lines=1), id="the end of a COPY"),
        pytest.param(lambda connection: copy(connection, lines=30_000), id="a COPY that is not taken off us"),
        pytest.param(lambda connection: connection.commit(), id="COMMIT"),
        pytest.param(lambda connection: connection.rollback(), id="ROLLBACK"),
    ],
)
def test_no_answer_is_waited_for_longer_than_agreed(
    open_through: Callable[[Patience], Engine], proxy: TcpProxy, act: Callable[[Connection], object]
) -> None:
    engine = open_through(Patience(answer=SHORT, transaction=LONG))

    def freeze_and_act() -> None:
        with translated(), engine.connect() as connection:
            connection.execute(text("CREATE TEMPORARY TABLE staged (line text) ON COMMIT DROP"))
            proxy.pause()
            act(connection)

    with pytest.raises(Transient, match=r"database: the database did not answer within 1\.5 seconds"):
        freeze_and_act()
    proxy.resume()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1, "the next connection is a new one"


def test_statements_that_each_answer_in_time_may_not_go_on_for_ever(
    open_through: Callable[[Patience], Engine],
) -> None:
    engine = open_through(Patience(answer=LONG, transaction=SHORT))

    def dawdle() -> None:
        with translated(), engine.connect() as connection:
            for _ in range(1_000):
                connection.execute(text("SELECT pg_sleep(0.05)"))

    with pytest.raises(TookTooLong, match=r"a transaction took longer than 1\.5 seconds"):
        dawdle()


def test_transactions_within_bounds_may_follow_one_another_for_as_long_as_they_like(
    open_through: Callable[[Patience], Engine],
) -> None:
    engine = open_through(Patience(answer=LONG, transaction=SHORT))
    for _ in range(12):
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_sleep(0.15)"))


def test_what_comes_late_but_in_time_is_taken(open_through: Callable[[Patience], Engine], proxy: TcpProxy) -> None:
    engine = open_through(Patience(answer=LONG, transaction=LONG))
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE staged (line text) ON COMMIT DROP"))
        proxy.slow(0.1)
        copy(connection, lines=3)
        assert connection.execute(text("SELECT count(*) FROM staged")).scalar() == 3


def test_an_error_of_the_server_stays_what_it_is(open_through: Callable[[Patience], Engine]) -> None:
    engine = open_through(Patience(answer=LONG, transaction=LONG))
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with pytest.raises(psycopg.errors.DivisionByZero):
            driver.execute("SELECT 1 / 0")
