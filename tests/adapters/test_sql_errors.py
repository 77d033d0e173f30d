"""What PostgreSQL says, by what the caller does next."""

import psycopg.errors
import pytest
from sqlalchemy import text

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.errors import translated
from consumer.errors import Fatal, TookTooLong, Transient


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("57014", TookTooLong),
        ("25P03", TookTooLong),
        ("25P04", TookTooLong),
        ("57P01", Transient),
        ("40P01", Transient),
        ("53300", Transient),
        ("55P03", Transient),
        ("25006", Transient),
        ("42P01", Fatal),
        ("22001", Fatal),
    ],
)
def test_a_state_is_of_a_kind(state: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as raised, translated():
        raise psycopg.errors.lookup(state)("said so")
    assert type(raised.value) is kind


def test_a_statement_that_takes_too_long_is_told_from_a_server_that_is_away(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    statement = text("SET statement_timeout = 1; SELECT pg_sleep(30)")
    with pytest.raises(TookTooLong, match="statement timeout"), translated(), engine.connect() as connection:
        connection.execute(statement)
    engine.dispose()
