"""Lists of values in PostgreSQL's binary form of an array: the server copies what it would have to read digit by digit.

The form is that of `array_recv`: dimensions (one), whether NULL may be among them, the type of the elements; how many
they are, and the number of the first; then each element behind its length in bytes, or -1 for NULL.
"""

import struct
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy.types import BigInteger, Boolean, Float, Integer, LargeBinary, TypeEngine, Uuid

_HEAD = struct.Struct("!iiIii")
_NULL = (-1).to_bytes(4, signed=True)


class Packed(bytes):
    """An array of a type that the statement says."""


class PackedDumper(Dumper):
    """Tells psycopg to pass it as it is."""

    format = Format.BINARY

    def dump(self, obj: Packed) -> Packed:
        """It is what is sent."""
        return obj


class Packing(NamedTuple):
    """How values of a type are packed: the number that PostgreSQL gives the type, and an element with its length."""

    oid: int
    element: Callable[[Any], bytes]

    def of(self, values: Collection[Any]) -> Packed:
        """The array."""
        elements = [_NULL if value is None else self.element(value) for value in values]
        return Packed(_HEAD.pack(1, 1, self.oid, len(values), 1) + b"".join(elements))


def _uuid(value: UUID) -> bytes:
    return b"\x00\x00\x00\x10" + value.int.to_bytes(16)


def _bytes(value: bytes) -> bytes:
    return len(value).to_bytes(4) + value


_PACKINGS: dict[type[TypeEngine[Any]], Packing] = {
    Uuid: Packing(2950, _uuid),
    LargeBinary: Packing(17, _bytes),
    Boolean: Packing(16, partial(struct.Struct("!i?").pack, 1)),
    BigInteger: Packing(20, partial(struct.Struct("!iq").pack, 8)),
    Integer: Packing(23, partial(struct.Struct("!ii").pack, 4)),
    Float: Packing(701, partial(struct.Struct("!id").pack, 8)),
}


def packing_of(kind: TypeEngine[Any]) -> Packing | None:
    """How values of the type are packed; None of those that are passed as text."""
    return _PACKINGS.get(type(kind))
