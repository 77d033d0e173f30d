"""Database URLs that lead nowhere, and what is agreed on with a server that is there."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from consumer.adapters.sql.engine import open_engine
from consumer.errors import SettingsError


@pytest.mark.parametrize("url", ["memories.db", "mysql://db/memories", "postgresql://me:s3cret@db:notaport/memories"])
def test_what_is_no_url_of_a_served_database_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="CONSUMER_DATABASE_URL") as refused:
        open_engine(url)
    assert "postgresql://user:password@host:5432/name" in refused.value.advice
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_connection_in_use_elsewhere_is_closed_when_it_is_given_back(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The signs of life use one of their own while a batch that failed has all others thrown away."""
    url = f"sqlite:///{tmp_path}/x.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    in_use = engine.connect()
    opened: Any = in_use.connection.driver_connection
    engine.dispose()
    assert in_use.execute(text("SELECT 1")).scalar() == 1, "whoever uses it may finish"
    in_use.close()
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        opened.execute("SELECT 1")


def test_a_connection_given_back_is_used_again(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    sessions = []
    for _ in range(2):
        with engine.connect() as connection:
            sessions.append(connection.execute(text("SELECT pg_backend_pid()")).scalar())
        engine.connect().close()
    engine.dispose()
    assert len(set(sessions)) == 1


def test_a_server_that_is_gone_without_a_word_is_noticed_by_the_connection_itself(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        told = driver.info.get_parameters()
    engine.dispose()
    names = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
    assert [told[name] for name in names] == ["1", "10", "5", "3", "25000"]


def test_a_file_that_may_not_be_written_is_told_at_once(tmp_path: Path) -> None:
    """Only for a lock it is worth waiting."""
    file, asked = tmp_path / "x.db", list[str]()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE there (id)")
    engine = open_engine(f"sqlite:///file:{file}?mode=ro&uri=true", connect_timeout=0.5)
    event.listen(engine, "connect", lambda connection, _: connection.set_trace_callback(asked.append), insert=True)
    with pytest.raises(OperationalError, match="readonly"):
        engine.connect()
    assert len([each for each in asked if "journal_mode" in each]) == 1
