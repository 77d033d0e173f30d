"""Rows in the binary form of PostgreSQL's COPY, written column by column."""

import struct
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Column

from consumer.adapters.sql.binary_values import form_of, texts
from consumer.adapters.sql.rows import Row
from consumer.isolation import RowRefused

BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
END = b"\xff\xff"


def copied(columns: Sequence[Column[Any]], rows: Sequence[Row]) -> bytes:
    """What COPY is to be sent for rows of these columns' values. None is NULL, and a document is its JSON text.

    Raises `RowRefused` where a value is not of its column's type, `UnicodeEncodeError` for a text that is none.
    """
    parts: list[Iterable[bytes]] = [repeat(len(columns).to_bytes(2), len(rows))]
    try:
        for column, values in zip(columns, zip(*rows, strict=True), strict=False):  # without rows there are no values
            form = form_of(column.type)
            parts += [form.of(values)] if form else texts(column.type, values)
    except (TypeError, AttributeError, struct.error) as error:
        raise RowRefused(f"a value is not of its column's type: {error}", error) from error
    return b"".join([BEGIN, *chain.from_iterable(zip(*parts, strict=True)), END])
