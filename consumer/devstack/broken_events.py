"""Values that are no valid event, each broken in another way, with the code under which each is to be refused."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from consumer.memory.raw_form import Raw

Encode = Callable[[Raw], bytes]

YEAR_9999 = 253_370_764_800_000_000
YEAR_292277 = 2**63 - 1


class Breakage(NamedTuple):
    """A way to break an event: `value` takes its raw form, which it may spoil, and the encoder."""

    code: str
    value: Callable[[Raw, Encode], bytes | None]


def _bytes(spoil: Callable[[bytes], bytes | None]) -> Callable[[Raw, Encode], bytes | None]:
    """Spoils the encoded bytes."""
    return lambda raw, encode: spoil(encode(raw))


def _field(value: Any, *path: str | int) -> Callable[[Raw, Encode], bytes | None]:
    """Puts a value where it does not belong, and encodes."""

    def spoiled(raw: Raw, encode: Encode) -> bytes:
        place: Any = raw
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        return encode(raw)

    return spoiled


def _invalid_utf8(raw: Raw, encode: Encode) -> bytes:
    raw["producer"] = "??????"
    return encode(raw).replace(b"??????", b"\xff\xfe\xff\xfe\xff\xfe")


PAIR = ("memory", "relationship_dynamics", "participant_dynamics", 0, "participants")

BREAKAGES = (
    Breakage("empty_value", _bytes(lambda _: b"")),
    Breakage("empty_value", _bytes(lambda _: None)),
    Breakage("not_framed", _bytes(lambda _: b'{"event_id": "in JSON"}')),
    Breakage("not_framed", _bytes(lambda value: value[:3])),
    Breakage("unknown_schema_id", _bytes(lambda value: b"\x00\x00\x0f\x42\x3f" + value[5:])),
    Breakage("truncated", _bytes(lambda value: value[:-1])),
    Breakage("trailing_bytes", _bytes(lambda value: value + b"\x00")),
    Breakage("malformed", _bytes(lambda value: value[:42] + b"\x7e" + value[43:])),
    Breakage("invalid_utf8", _invalid_utf8),
    Breakage("not_a_uuid", _field("not a UUID", "event_id")),
    Breakage("blank", _field("  ", "producer")),
    Breakage("out_of_calendar", _field(YEAR_292277, "occurred_at")),
    Breakage("occurred_in_future", _field(YEAR_9999, "occurred_at")),
    Breakage("memory_missing", _field(None, "memory")),
    Breakage("memory_on_deletion", _field("DELETED", "event_type")),
    Breakage("empty", _field("", "memory", "content")),
    Breakage("too_long", _field("x" * 50_001, "memory", "content")),
    Breakage("nul_character", _field("a\x00b", "memory", "content")),
    Breakage("too_many_items", _field(["tag"] * 1_000, "memory", "tags")),
    Breakage("out_of_range", _field(1.5, "memory", "confidence")),
    Breakage("not_finite", _field(math.nan, "memory", "confidence")),
    Breakage("not_finite", _field(math.inf, "memory", "emotional_context", "intensity")),
    Breakage("unknown_participant", _field("nobody", *PAIR, 1)),
)
