"""Lists of values in PostgreSQL's binary form of an array.

The form is that of `array_recv`: dimensions (one), whether NULL may be among them, the type of the elements; how many
they are, and the number of the first; then the elements.
"""

import struct
from collections.abc import Collection
from typing import Any

from psycopg.adapt import Dumper
from psycopg.pq import Format

from consumer.adapters.sql.binary_values import Form

_HEAD = struct.Struct("!iiIii")


class Packed(bytes):
    """An array of a type that the statement says."""


class PackedDumper(Dumper):
    """Tells psycopg to pass it as it is."""

    format = Format.BINARY

    def dump(self, obj: Packed) -> Packed:
        """It is what is sent."""
        return obj


def packed(form: Form, values: Collection[Any]) -> Packed:
    """The array of values of that form."""
    return Packed(b"".join([_HEAD.pack(1, 1, form.oid, len(values), 1), *form.of(values)]))
