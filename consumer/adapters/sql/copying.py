"""Rows in the binary form of PostgreSQL's COPY, written column by column.

psycopg finds out for every value by itself how it is to be written; and moments and numbers as text cost more than all
the rest of a row, to write them here and to read them there.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from operator import attrgetter
from struct import Struct
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Integer, String, Uuid
from sqlalchemy.types import TypeEngine

from consumer.adapters.sql.rows import Row
from consumer.adapters.sql.types import Moment
from consumer.isolation import RowRefused

BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
"""Stands for a size, and no value follows."""

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL's moments are microseconds since then."""

MICROSECOND = timedelta(microseconds=1)

_count = Struct(">h").pack
_size = Struct(">i").pack
_micros = Struct(">q").pack


def copied(columns: Sequence[Column[Any]], rows: Sequence[Row]) -> bytes:
    """What COPY is to be sent for rows of these columns' values. None is NULL, and a document is its JSON text.

    Raises `RowRefused` where a value is not of its column's type, `UnicodeEncodeError` for a text that is none.
    """
    parts: list[Iterable[bytes]] = [repeat(_count(len(columns)), len(rows))]
    try:
        for column, values in zip(columns, zip(*rows, strict=True), strict=False):  # without rows there are no values
            parts += _sizes_and_values(column, values)
    except (TypeError, AttributeError, KeyError, struct.error) as error:
        raise RowRefused(f"a value is not of its column's type: {error}", error) from error
    return b"".join([BEGIN, *chain.from_iterable(zip(*parts, strict=True)), END])


def _sizes_and_values(column: Column[Any], values: Sequence[Any]) -> tuple[Sequence[bytes], Sequence[bytes]]:
    write = next(write for kind, write in _WRITTEN if isinstance(column.type, kind))
    if not column.nullable or None not in values:
        written = list(map(write, values))
        return list(map(_size, map(len, written))), written
    written = [b"" if value is None else write(value) for value in values]
    return [NULL if value is None else _size(len(each)) for value, each in zip(values, written, strict=True)], written


def _moment(value: datetime) -> bytes:
    return _micros((value - EPOCH) // MICROSECOND)


def _document(text: str) -> bytes:
    """Behind a 1: the form of jsonb that there is."""
    return b"\x01" + text.encode()


_WRITTEN: Sequence[tuple[type[TypeEngine[Any]], Callable[[Any], bytes]]] = (
    (Moment, _moment),
    (JSON, _document),
    (String, str.encode),
    (Uuid, attrgetter("bytes")),
    (Boolean, {False: b"\x00", True: b"\x01"}.__getitem__),
    (Float, Struct(">d").pack),
    (Integer, Struct(">i").pack),
)
"""How values of each type are written."""
