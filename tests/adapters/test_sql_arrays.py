"""Values passed to PostgreSQL as one array a column: what comes back is what went in."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, Float, LargeBinary, String, Text, Uuid, select
from sqlalchemy.engine import Connection

from consumer.adapters.sql.arrays import unnested
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.errors import rows_refused
from consumer.adapters.sql.types import Json, Moment
from consumer.isolation import RowRefused

EAST = timezone(timedelta(hours=5, minutes=45))

TEXTS = [
    *("NULL", "null", '"NULL"', "None", "", " ", ",", "{}", "{a,b}", '"', "'", "\\", "\\\\", '\\"', "\\N", "$1", "%s"),
    *("".join(map(chr, range(1, 32))), "\x7f\x80\x9f", "\r\n\t", "\u2028\ufeff\ufffe\U0010ffff", "e\u0301", "🙂👨‍👩‍👧"),
    *("a\\b\"c'd," * 20_000, "🙂" * 50_000, "x" * 1_000_000),
]

KINDS: list[tuple[Column[Any], list[Any]]] = [
    (Column("name", String(255)), [text[:255] for text in TEXTS]),
    (Column("text", Text), TEXTS),
    (Column("number", BigInteger), [0, 1, -1, 2**63 - 1, -(2**63)]),
    (Column("share", Float(53)), [0.0, 1, 0.1 + 0.2, 1e300, -1e-300, 5e-324, float("inf"), -float("inf")]),
    (Column("flag", Boolean), [True, False]),
    (Column("raw", LargeBinary), [b"", b"NULL", b'\x00\xff\\"', bytes(range(256))]),
    (Column("id", Uuid), [UUID(int=0), UUID(int=2**128 - 1), UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")]),
    (
        Column("moment", Moment),
        [
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2026, 3, 1, 12, tzinfo=EAST),
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        ],
    ),
]

DOCUMENTS: list[Any] = [
    *([], {}, "NULL", "", 0.1, 5e-324, True, False),
    {"a": None},
    [None],
    TEXTS,
    {"\\": {'"': TEXTS[:-3]}},
]


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Iterator[Connection]:
    """A connection as the consumer has it."""
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def passed(connection: Connection, column: Column[Any], values: list[Any]) -> list[Any]:
    """The values, by way of the server."""
    return list(connection.scalars(select(unnested([column], [(value,) for value in values]))))


@pytest.mark.parametrize(("column", "values"), KINDS, ids=[column.name for column, _ in KINDS])
@pytest.mark.parametrize("having", [list, lambda values: [None, *values, None]], ids=["values", "NULL among them"])
def test_values_of_every_kind(
    connection: Connection, column: Column[Any], values: list[Any], having: Callable[[list[Any]], list[Any]]
) -> None:
    assert passed(connection, column, having(values)) == having(values)
    assert passed(connection, column, having(values[:1])) == having(values[:1]), "one alone"


def test_a_number_that_is_none(connection: Connection) -> None:
    (value,) = passed(connection, Column("share", Float(53)), [float("nan")])
    assert value != value  # noqa: PLR0124 - as no other


def test_nothing_but_null(connection: Connection) -> None:
    for column, _ in [*KINDS, (Column("document", Json), [])]:
        assert passed(connection, column, [None, None]) == [None, None]


def test_documents_are_passed_as_their_text(connection: Connection) -> None:
    texts = [orjson.dumps(document).decode() for document in DOCUMENTS]
    assert passed(connection, Column("document", Json), [*texts, None]) == [*DOCUMENTS, None]


def test_null_is_told_from_the_null_of_json(connection: Connection) -> None:
    rows = unnested([Column("document", Json)], [("null",), (None,)])
    assert list(connection.scalars(select(rows.c.document.is_(None)))) == [False, True]


def test_columns_stay_side_by_side(connection: Connection) -> None:
    columns = [column for column, _ in KINDS]
    rows = [tuple(values[at % len(values)] if at % 3 else None for _, values in KINDS) for at in range(7)]
    assert [tuple(row) for row in connection.execute(select(unnested(columns, rows)))] == rows


characters = st.characters(codec="utf-8", exclude_characters="\x00")
documents = st.recursive(
    st.none() | st.booleans() | st.floats(-1, 1) | st.text(characters),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(characters), inner),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.none() | st.text(characters), documents), min_size=1, max_size=8))
def test_any_texts_and_documents(connection: Connection, rows: list[tuple[str | None, Any]]) -> None:
    columns: list[Column[Any]] = [Column("text", Text), Column("document", Json)]
    given = [(text, orjson.dumps(document).decode()) for text, document in rows]
    assert [tuple(row) for row in connection.execute(select(unnested(columns, given)))] == rows


@pytest.mark.parametrize("others", [[], ["a", "b"], [None]], ids=["alone", "among others", "beside NULL"])
@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800"], ids=repr)
def test_what_is_no_text_is_refused(connection: Connection, text: str, others: list[str | None]) -> None:
    with pytest.raises(RowRefused), rows_refused():
        passed(connection, Column("text", Text), [*others, text])
    connection.rollback()
