"""Lists of values as PostgreSQL's arrays, made in one go: packed, or spelled where they are text.

psycopg looks at every element by itself, whether it has to be quoted; for the thousands of ids of a batch that costs
more than the statement that they are for.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, TableValuedAlias, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import String, Text, TypeEngine, UserDefinedType

from consumer.adapters.sql.binary_values import form_of
from consumer.adapters.sql.packed import Packed, packed
from consumer.adapters.sql.rows import Row


class _Untyped(UserDefinedType[str | Packed]):
    """An array whose type the statement says: PostgreSQL reads it once, as what it is cast to."""

    cache_ok = True


def unnested(columns: Sequence[Column[Any]], rows: Sequence[Row]) -> TableValuedAlias:
    """Rows of these columns' values as a table, each column passed as one array. There is at least one row."""
    named = (Column(column.name, column.type) for column in columns)
    return func.unnest(*_arrays(columns, rows)).table_valued(*named).render_derived()


def selected(columns: Sequence[Column[Any]], rows: Sequence[Row]) -> Select[Any]:
    """The same rows where nothing is asked of them: they are not put down before they are read."""
    return select(*map(func.unnest, _arrays(columns, rows)))


def listed(name: str, kind: TypeEngine[Any], values: Collection[Any]) -> TableValuedAlias:
    """The values as a table of one column, in their order."""
    return func.unnest(array_of(kind, values)).table_valued(Column(name, kind)).render_derived()


def _arrays(columns: Sequence[Column[Any]], rows: Sequence[Row]) -> list[ColumnElement[Any]]:
    return [array_of(column.type, values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)]


def array_of(kind: TypeEngine[Any], values: Collection[Any]) -> ColumnElement[Any]:
    """The values as an array of the type, one parameter. None is NULL, and a document is its JSON text."""
    # A cast to a type with a length cuts off what is too long; the column itself would refuse it.
    kind = Text() if isinstance(kind, String) else kind
    form = form_of(kind)
    array = packed(form, values) if form else spelled(values)
    return cast(bindparam(None, array, type_=_Untyped()), ARRAY(kind))


def spelled(texts: Collection[Any]) -> str:
    """The text of an array of texts, as PostgreSQL reads it: every element in quotes, so that none is taken for NULL.
    What is rare is looked for at once: NULL, and the two characters that mean something inside quotes."""
    if not texts:
        return "{}"
    if None in texts:
        return _one_by_one(texts)
    joined = "\x00".join(texts)
    if joined.count("\x00") >= len(texts):  # a text that has this character, which the driver refuses
        return _one_by_one(texts)
    if '"' in joined or "\\" in joined:
        joined = _escaped(joined)
    words = joined.replace("\x00", '","')
    return f'{{"{words}"}}'


def _one_by_one(texts: Collection[Any]) -> str:
    words = ["NULL" if text is None else f'"{_escaped(text)}"' for text in texts]
    return f"{{{','.join(words)}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
