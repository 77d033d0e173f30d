"""Database URLs that lead nowhere."""

import pytest

from consumer.adapters.sql.engine import open_engine
from consumer.errors import SettingsError


@pytest.mark.parametrize("url", ["memories.db", "mysql://db/memories", "postgresql://me:s3cret@db:notaport/memories"])
def test_what_is_no_url_of_a_served_database_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="CONSUMER_DATABASE_URL") as refused:
        open_engine(url)
    assert "postgresql://user:password@host:5432/name" in refused.value.advice
    assert "s3cret" not in str(refused.value)
