"""Every way in which a record can be bad, and the code under which it has to end."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from tests import wire
from tests.wire import Fields

Spoil = Callable[[Fields], bytes | None]

MAX_RECORD_BYTES = 1024 * 1024
TWENTY_MEGABYTES = 20 * 1024 * 1024


class BadRecord(NamedTuple):
    """`value` takes the fields of a whole, valid event and makes the record's value of them."""

    name: str
    code: str
    value: Spoil


def event_fields(number: int) -> Fields:
    """A valid event with every field filled, of a memory of its own."""
    return {
        "event_id": str(UUID(int=number + 1, version=4)),
        "event_type": "CREATED",
        "memory_id": f"memory-{number}",
        "occurred_at": 1_714_521_600_000_000 + number,
        "producer": "test",
        "memory": {
            "owner_id": "owner",
            "content": "We walked along the river.",
            "summary": "A walk",
            "source_message_ids": ["m1", "m2"],
            "participants": [
                {"id": "p1", "name": "Ada", "role": "self"},
                {"id": "p2", "name": None, "role": "friend"},
            ],
            "tags": ["walk"],
            "confidence": 0.9,
            "extracted_at": 1_714_521_600_000_000,
            "metadata": {"weather": "fair"},
            "emotional_context": {
                "primary_emotion": "joy",
                "secondary_emotions": ["contentment"],
                "intensity": 0.5,
                "valence": 0.5,
                "themes": ["connection"],
                "markers": ["by the river"],
                "temporal": {"is_building": False, "is_resolving": False, "expected_duration": "transient"},
            },
            "relationship_dynamics": {
                "communication_pattern": "open",
                "interaction_quality": "positive",
                "connection_strength": 0.7,
                "is_balanced": True,
                "concerning_patterns": [],
                "participant_dynamics": [{"participants": ["p1", "p2"], "kind": "supportive"}],
            },
        },
    }


def with_field(path: str, value: Any) -> Spoil:
    """The event with another value in one place: `memory.tags`, `memory.participants.0.id`."""

    def spoil(fields: Fields) -> bytes:
        *way, last = path.split(".")
        place: Any = fields
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[int(last) if isinstance(place, list) else last] = value
        return wire.encode_fields(fields)

    return spoil


def with_bytes(change: Callable[[bytes], bytes | None]) -> Spoil:
    """The event's bytes, changed."""
    return lambda fields: change(wire.encode_fields(fields))


def _invalid_utf8(fields: Fields) -> bytes:
    fields["memory"]["content"] = "@@@@"
    return wire.encode_fields(fields).replace(b"@@@@", b"\xc3\x28\xff\xfe")


def _deletion_with_memory(fields: Fields) -> bytes:
    fields["event_type"] = "DELETED"
    return wire.encode_fields(fields)


def _two_faults(fields: Fields) -> bytes | None:
    fields["producer"] = ""
    return with_field("memory.confidence", 2.0)(fields)


def _person(name: str) -> Fields:
    return {"id": name, "name": None, "role": "other"}


_CROWD = [_person("p1"), _person("p2"), *(_person(f"p{number}") for number in range(3, 52))]
_PAIR = "memory.relationship_dynamics.participant_dynamics.0.participants"
_TYPE_AT = len(wire.framed(b"")) + 1 + 36
"""Where event_type lies in the bytes: behind the frame, and the length and the characters of event_id."""

_LENGTH_OF_EXABYTES = b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"

BAD_BYTES = (
    BadRecord("no value", "empty_value", lambda _: None),
    BadRecord("empty value", "empty_value", lambda _: b""),
    BadRecord("text", "not_framed", lambda _: b'{"event_id": "JSON"}'),
    BadRecord("truncated frame", "not_framed", with_bytes(lambda value: value[:4])),
    BadRecord("unknown schema id", "unknown_schema_id", lambda fields: wire.framed(wire.body(fields), 4_711)),
    BadRecord("frame alone", "truncated", with_bytes(lambda value: value[:5])),
    BadRecord("truncated value", "truncated", with_bytes(lambda value: value[:-3])),
    BadRecord("trailing bytes", "trailing_bytes", with_bytes(lambda value: value + b"more")),
    BadRecord("text in a frame", "truncated", lambda _: wire.framed(b"not Avro at all")),
    BadRecord("wrong types", "malformed", with_bytes(lambda value: value[:_TYPE_AT] + b"\x7e" + value[_TYPE_AT + 1 :])),
    BadRecord("a text of exabytes", "truncated", lambda _: wire.framed(_LENGTH_OF_EXABYTES)),
    BadRecord("invalid UTF-8", "invalid_utf8", _invalid_utf8),
    BadRecord("20 MB", "record_too_large", with_field("memory.content", "x" * TWENTY_MEGABYTES)),
)

BAD_FIELDS = (
    BadRecord("event_id no UUID", "not_a_uuid", with_field("event_id", "event-1")),
    BadRecord("memory_id empty", "empty", with_field("memory_id", "")),
    BadRecord("memory_id too long", "too_long", with_field("memory_id", "m" * 256)),
    BadRecord("memory_id with NUL", "nul_character", with_field("memory_id", "a\0b")),
    BadRecord("producer blank", "blank", with_field("producer", "  ")),
    BadRecord("year 292277", "out_of_calendar", with_field("occurred_at", 2**63 - 1)),
    BadRecord("year -292277", "out_of_calendar", with_field("occurred_at", -(2**63))),
    BadRecord("in the future", "occurred_in_future", with_field("occurred_at", 4_102_444_800_000_000)),
    BadRecord("extracted in the year 292277", "out_of_calendar", with_field("memory.extracted_at", 2**63 - 1)),
    BadRecord("created without memory", "memory_missing", with_field("memory", None)),
    BadRecord("deleted with memory", "memory_on_deletion", _deletion_with_memory),
    BadRecord("owner empty", "empty", with_field("memory.owner_id", "")),
    BadRecord("content empty", "empty", with_field("memory.content", "")),
    BadRecord("content too long", "too_long", with_field("memory.content", "x" * 50_001)),
    BadRecord("content with NUL", "nul_character", with_field("memory.content", "a\0b")),
    BadRecord("summary with NUL", "nul_character", with_field("memory.summary", "\0")),
    BadRecord("source id with NUL", "nul_character", with_field("memory.source_message_ids", ["a\0"])),
    BadRecord("51 participants", "too_many_items", with_field("memory.participants", _CROWD)),
    BadRecord("participant without id", "empty", with_field("memory.participants", [*_CROWD[:2], _person("")])),
    BadRecord("participant's name with NUL", "nul_character", with_field("memory.participants.0.name", "\0")),
    BadRecord("21 tags", "too_many_items", with_field("memory.tags", ["tag"] * 21)),
    BadRecord("a thousand tags", "too_many_items", with_field("memory.tags", ["tag"] * 1_000)),
    BadRecord("tag too long", "too_long", with_field("memory.tags", ["t" * 51])),
    BadRecord("tag empty", "empty", with_field("memory.tags", [""])),
    BadRecord("tag with NUL", "nul_character", with_field("memory.tags", ["a\0b"])),
    BadRecord("confidence above 1", "out_of_range", with_field("memory.confidence", 1.01)),
    BadRecord("confidence below 0", "out_of_range", with_field("memory.confidence", -0.01)),
    BadRecord("confidence NaN", "not_finite", with_field("memory.confidence", math.nan)),
    BadRecord("confidence infinite", "not_finite", with_field("memory.confidence", math.inf)),
    BadRecord("metadata key with NUL", "nul_character", with_field("memory.metadata", {"a\0": "b"})),
    BadRecord("metadata value with NUL", "nul_character", with_field("memory.metadata", {"a": "b\0"})),
    BadRecord("intensity above 1", "out_of_range", with_field("memory.emotional_context.intensity", 1.5)),
    BadRecord("intensity infinite", "not_finite", with_field("memory.emotional_context.intensity", -math.inf)),
    BadRecord("valence below -1", "out_of_range", with_field("memory.emotional_context.valence", -1.5)),
    BadRecord("valence NaN", "not_finite", with_field("memory.emotional_context.valence", math.nan)),
    BadRecord("marker with NUL", "nul_character", with_field("memory.emotional_context.markers", ["\0"])),
    BadRecord(
        "connection above 1", "out_of_range", with_field("memory.relationship_dynamics.connection_strength", 2.0)
    ),
    BadRecord(
        "pattern with NUL", "nul_character", with_field("memory.relationship_dynamics.concerning_patterns", ["\0"])
    ),
    BadRecord("pair with a stranger", "unknown_participant", with_field(_PAIR, ["p1", "p9"])),
    BadRecord("pair of one", "too_few_items", with_field(_PAIR, ["p1"])),
    BadRecord("pair of three", "too_many_items", with_field(_PAIR, ["p1", "p2", "p1"])),
    BadRecord("pair with oneself", "same_participant", with_field(_PAIR, ["p1", "p1"])),
    BadRecord("two faults at once", "invalid_event", _two_faults),
)

BAD_RECORDS = (*BAD_BYTES, *BAD_FIELDS)
