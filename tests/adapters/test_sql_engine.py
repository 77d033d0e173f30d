"""Database URLs that lead nowhere, and what is agreed on with a server that is there."""

from typing import Any

import pytest

from consumer.adapters.sql.engine import open_engine
from consumer.errors import SettingsError


@pytest.mark.parametrize("url", ["memories.db", "mysql://db/memories", "postgresql://me:s3cret@db:notaport/memories"])
def test_what_is_no_url_of_a_served_database_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="CONSUMER_DATABASE_URL") as refused:
        open_engine(url)
    assert "postgresql://user:password@host:5432/name" in refused.value.advice
    assert "s3cret" not in str(refused.value)


def test_a_server_that_is_gone_without_a_word_is_noticed_by_the_connection_itself(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        told = driver.info.get_parameters()
    engine.dispose()
    names = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
    assert [told[name] for name in names] == ["1", "10", "5", "3", "25000"]
