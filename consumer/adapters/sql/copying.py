"""Rows in the binary form of PostgreSQL's COPY, written column by column.

psycopg finds out for every value by itself how it is to be written; and moments and numbers as text cost more than all
the rest of a row, to write them here and to read them there.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from struct import Struct
from typing import Any

from sqlalchemy import JSON, Column
from sqlalchemy.types import TypeEngine

from consumer.adapters.sql.packed import packing_of
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
_moment = Struct(">iq").pack


def copied(columns: Sequence[Column[Any]], rows: Sequence[Row]) -> bytes:
    """What COPY is to be sent for rows of these columns' values. None is NULL, and a document is its JSON text.

    Raises `RowRefused` where a value is not of its column's type, `UnicodeEncodeError` for a text that is none.
    """
    parts: list[Iterable[bytes]] = [repeat(_count(len(columns)), len(rows))]
    try:
        for column, values in zip(columns, zip(*rows, strict=True), strict=False):  # without rows there are no values
            parts += _parts(column.type, values)
    except (TypeError, AttributeError, struct.error) as error:
        raise RowRefused(f"a value is not of its column's type: {error}", error) from error
    return b"".join([BEGIN, *chain.from_iterable(zip(*parts, strict=True)), END])


def _parts(kind: TypeEngine[Any], values: Sequence[Any]) -> list[Sequence[bytes]]:
    """One list of the values with their sizes, or two: of sizes, and of texts."""
    if packing := packing_of(kind):
        return [[NULL if value is None else packing.element(value) for value in values]]
    if isinstance(kind, Moment):
        return [[NULL if value is None else _moment(8, (value - EPOCH) // MICROSECOND) for value in values]]
    write = _document if isinstance(kind, JSON) else str.encode
    if None not in values:
        texts = list(map(write, values))
        return [list(map(_size, map(len, texts))), texts]
    texts = [b"" if value is None else write(value) for value in values]
    return [[NULL if value is None else _size(len(text)) for value, text in zip(values, texts, strict=True)], texts]


def _document(text: str) -> bytes:
    """Behind a 1: the form of jsonb that there is."""
    return b"\x01" + text.encode()
