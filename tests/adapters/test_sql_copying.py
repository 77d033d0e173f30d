"""Rows staged by COPY: what comes back is what went in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import Connection

from consumer.adapters.sql.dialects import Postgres, Timeouts
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.errors import rows_refused
from consumer.adapters.sql.tables import staged
from consumer.isolation import RowRefused

EAST = timezone(timedelta(hours=5, minutes=45))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COLUMNS = [column.name for column in staged.columns]
EMPTY: dict[str, Any] = {
    **dict.fromkeys(COLUMNS),
    "seq": 0,
    "event_id": UUID(int=0),
    "memory_id": "m",
    "occurred_at": NOON,
    "is_deleted": True,
}

VALUES: dict[str, list[Any]] = {
    "seq": [0, 1, 2**31 - 1],
    "event_id": [UUID(int=0), UUID(int=2**128 - 1), UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")],
    "is_deleted": [True, False],
    "occurred_at": [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 3, 1, 12, tzinfo=EAST),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    "confidence": [None, 0.0, 1, 0.1 + 0.2, 1e300, -1e-300, 5e-324, float("inf")],
    "content": [
        None,
        "",
        "\\N",
        "\\.",
        "a\tb\nc\rd\\",
        "".join(map(chr, range(1, 32))),
        "\ufffe🙂e\u0301",
        "x" * 1_000_000,
    ],
}


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Iterator[Connection]:
    """A connection as the consumer has it."""
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def passed(connection: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, by way of the server."""
    dialect = Postgres(Timeouts())
    with connection.begin():
        dialect.open_for_batch(connection)
        with rows_refused():
            dialect.stage(connection, [tuple({**EMPTY, **row}.values()) for row in rows])
        return [dict(row) for row in connection.execute(select(staged)).mappings()]


@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_kind(connection: Connection, name: str) -> None:
    rows = [{**EMPTY, name: value} for value in VALUES[name]]
    assert passed(connection, rows) == rows
    assert passed(connection, rows[:1]) == rows[:1], "one alone"


def test_no_rows(connection: Connection) -> None:
    assert passed(connection, []) == []


characters = st.characters(codec="utf-8", exclude_characters="\x00")
documents = st.recursive(
    st.none() | st.booleans() | st.floats(-1, 1) | st.text(characters),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(characters), inner),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.none() | st.text(characters), documents), max_size=8))
def test_any_texts_and_documents(connection: Connection, contents: list[tuple[str | None, Any]]) -> None:
    rows = [{**EMPTY, "content": text, "metadata": orjson.dumps(document).decode()} for text, document in contents]
    came = [(row["content"], row["metadata"]) for row in passed(connection, rows)]
    assert came == contents


def test_null_is_told_from_the_null_of_json(connection: Connection) -> None:
    with connection.begin():
        dialect = Postgres(Timeouts())
        dialect.open_for_batch(connection)
        dialect.stage(connection, [tuple({**EMPTY, "tags": tags}.values()) for tags in ("null", None)])
        assert list(connection.scalars(select(staged.c.tags.is_(None)))) == [False, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "a\x00b"},
        {"content": "\ud800"},
        {"content": 5},
        {"tags": "[\x00]"},
        {"tags": "["},
        {"memory_id": "m" * 256},
        {"confidence": "much"},
        {"occurred_at": "noon"},
        {"occurred_at": datetime(2026, 3, 1)},  # noqa: DTZ001 - without a zone nobody can tell what it means
        {"event_id": "no id"},
        {"is_deleted": None},
        {"seq": 2**31},
    ],
    ids=repr,
)
def test_what_is_no_value_of_the_column_is_refused(connection: Connection, wrong: dict[str, Any]) -> None:
    with pytest.raises(RowRefused):
        passed(connection, [EMPTY, {**EMPTY, **wrong}])
