"""Lists of values as PostgreSQL's arrays, made in one go: packed, or spelled where they are text.

psycopg looks at every element by itself, whether it has to be quoted; for the thousands of ids of a batch that costs
more than the statement that they are for.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, TableValuedAlias, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import String, Text, TypeEngine, UserDefinedType

from consumer.adapters.sql.packed import Packed, packing_of
from consumer.adapters.sql.rows import Row
from consumer.adapters.sql.types import Moment


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
    packing = packing_of(kind)
    array = packing.of(values) if packing else spelled(kind, values)
    return cast(bindparam(None, array, type_=_Untyped()), ARRAY(kind))


def spelled(kind: TypeEngine[Any], values: Collection[Any]) -> str:
    """The text of the array, as PostgreSQL reads it."""
    return _braced(datetime.isoformat, values) if isinstance(kind, Moment) else _texts(values)


def _braced(spell: Callable[[Any], str], values: Collection[Any]) -> str:
    words = ["NULL" if value is None else spell(value) for value in values]
    return f"{{{','.join(words)}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _texts(values: Collection[Any]) -> str:
    """Every element in quotes, so that no text is taken for NULL. What is rare is looked for at once: NULL, and the two
    characters that mean something inside quotes."""
    if not values:
        return "{}"
    if None in values:
        return _braced(_quoted, values)
    joined = "\x00".join(values)
    if joined.count("\x00") >= len(values):  # a text that has this character, which the driver refuses
        return _braced(_quoted, values)
    if '"' in joined or "\\" in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    words = joined.replace("\x00", '","')
    return f'{{"{words}"}}'
