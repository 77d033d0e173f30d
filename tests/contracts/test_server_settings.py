"""What a server or a role may be set to makes no difference: what is stored is read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url, text

from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.memory_reader import MemoryReader
from consumer.adapters.sql.migrating import upgrade
from consumer.records import CREATED, OVERTAKEN, UPDATED
from tests.contracts.desk import Desk
from tests.stories import event as told

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    "setting",
    ["timezone = 'Asia/Kathmandu'", "timezone = 'America/New_York'", "datestyle = 'SQL, DMY'"],
)
def test_moments_are_read_whatever_the_server_is_set_to(fresh_database: Callable[[], str], setting: str) -> None:
    url = fresh_database()
    engine = open_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {make_url(url).database} SET {setting}"))
    engine.dispose()
    desk = Desk(engine)
    desk.claim()
    first, last = replace(told("a", "m1"), occurred_at=FIRST), replace(told("b", "m2"), occurred_at=LAST)
    assert desk.write([first, last]).tally == {CREATED: 2}
    reader = MemoryReader(engine)
    for memory_id, moment in (("m1", FIRST), ("m2", LAST)):
        row = reader.by_id(memory_id)
        assert row is not None
        assert row["occurred_at"] == moment
    assert desk.write([told("c", "m1"), told("d", "m2")]).tally == {UPDATED: 1, OVERTAKEN: 1}
    engine.dispose()
