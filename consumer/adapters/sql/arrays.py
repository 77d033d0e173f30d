"""Lists of values as PostgreSQL's array literals, made in one go.

psycopg looks at every element by itself, whether it has to be quoted; for the thousands of ids of a batch that costs
more than the statement that they are for.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, bindparam, cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Boolean, Float, Integer, LargeBinary, TypeEngine, UserDefinedType, Uuid


class _Untyped(UserDefinedType[str]):
    """Text whose type the statement says: PostgreSQL reads it once, as what it is cast to."""

    cache_ok = True


def array_of(column: Column[Any], values: Collection[Any]) -> ColumnElement[Any]:
    """The values as an array of the column's type, one parameter. None is not served."""
    return cast(bindparam(None, literal(column.type, values), type_=_Untyped()), ARRAY(column.type))


def literal(kind: TypeEngine[Any], values: Collection[Any]) -> str:
    """The text of the array, as PostgreSQL reads it."""
    if isinstance(kind, Uuid):
        return _braced(map(_hex, values))
    if isinstance(kind, LargeBinary):
        return _braced(rf'"\\x{value.hex()}"' for value in values)
    if isinstance(kind, Boolean):
        return _braced("t" if value else "f" for value in values)
    if isinstance(kind, Float | Integer):
        return _braced(map(repr, values))
    return _texts(values)


def _braced(words: Iterable[str]) -> str:
    return f"{{{','.join(words)}}}"


def _hex(value: UUID) -> str:
    return f"{value.int:032x}"


def _texts(values: Collection[str]) -> str:
    """Every element in quotes. The two characters that mean something inside them are rare, and looked for at once."""
    if not values:
        return "{}"
    joined = "\x00".join(values)  # no text has this character
    if '"' in joined or "\\" in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    words = joined.replace("\x00", '","')
    return f'{{"{words}"}}'
