"""Values in PostgreSQL's binary form, each behind its length in bytes, a column of them at a time.

So the server copies what it would have to read digit by digit. psycopg's own dumpers write the same, and find out for
every value by itself how: that takes from a quarter more instructions to twice as many.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON
from sqlalchemy.types import BigInteger, Boolean, Float, Integer, LargeBinary, TypeEngine, Uuid

from consumer.adapters.sql.types import Moment

NULL = b"\xff\xff\xff\xff"
"""Stands for a length, and no value follows."""

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL's moments are microseconds since then."""

MICROSECOND = timedelta(microseconds=1)

_length = Struct(">i").pack
_moment = Struct(">iq").pack


class Form(NamedTuple):
    """How values of a type are written: the number that PostgreSQL gives the type, and a value behind its length."""

    oid: int
    written: Callable[[Any], bytes]

    def of(self, values: Collection[Any]) -> list[bytes]:
        """The values, each behind its length. Raises `TypeError`, `AttributeError` or `struct.error` where one is not
        of the type."""
        return [NULL if value is None else self.written(value) for value in values]


def _uuid(value: UUID) -> bytes:
    return b"\x00\x00\x00\x10" + value.int.to_bytes(16)


def _bytes(value: bytes) -> bytes:
    return _length(len(value)) + value


def _time(value: datetime) -> bytes:
    return _moment(8, (value - EPOCH) // MICROSECOND)


_FORMS: dict[type[TypeEngine[Any]], Form] = {
    Uuid: Form(2950, _uuid),
    LargeBinary: Form(17, _bytes),
    Boolean: Form(16, partial(Struct("!i?").pack, 1)),
    BigInteger: Form(20, partial(Struct("!iq").pack, 8)),
    Integer: Form(23, partial(Struct("!ii").pack, 4)),
    Float: Form(701, partial(Struct("!id").pack, 8)),
    Moment: Form(1184, _time),
}


def form_of(kind: TypeEngine[Any]) -> Form | None:
    """How values of the type are written; None of texts and documents."""
    return _FORMS.get(type(kind))


def texts(kind: TypeEngine[Any], values: Sequence[str | None]) -> tuple[list[bytes], list[bytes]]:
    """The lengths of texts, or of documents as JSON texts, and what follows each. Raises `TypeError` or
    `AttributeError` where one is none, `UnicodeEncodeError` where a text can't be written."""
    write: Callable[[Any], bytes] = _document if isinstance(kind, JSON) else str.encode
    if None not in values:
        written = list(map(write, values))
        return list(map(_length, map(len, written))), written
    written = [b"" if value is None else write(value) for value in values]
    lengths = zip(values, map(len, written), strict=True)
    return [NULL if value is None else _length(length) for value, length in lengths], written


def _document(text: str) -> bytes:
    """Behind a 1: the form of jsonb that there is."""
    return b"\x01" + text.encode()
