"""Records of the old forms: one of each with every field, and hypothesis's own, well-formed and hostile."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from consumer.memory.field_errors import FieldError
from consumer.memory.legacy import FORMS, Converted, Known, to_current
from consumer.memory.legacy.moods import EMOTIONS
from consumer.memory.legacy.row import FIELDS as COLUMNS
from consumer.memory.legacy.v0 import FIELDS as FIELDS_OF_V0
from consumer.memory.legacy.v1 import FIELDS as FIELDS_OF_V1
from consumer.memory.model import Memory, MemoryEvent

Record = dict[str, Any]

KNOWN = Known("o-1", datetime(2025, 6, 1, 9, 30, tzinfo=UTC))

V0: Record = {
    "id": "m-1",
    "content": "We went to the sea, and Ann sang all the way.",
    "messages": ["msg-2", "msg-1"],
    "summary": "A day at the sea",
    "confidence": 7,
}
V1: Record = {
    "id": "m-1",
    "text": "We went to the sea.",
    "date": "2025-06-01T09:30:00Z",
    "sender": "ann",
    "recipients": ["bob", "carl"],
    "mood": "happy",
    "sentiment": -0.4,
    "categories": ["sea", "summer"],
    "metadata": {"channel": "chat"},
}
ROW: Record = {
    "id": 7,
    "ownerId": "o-1",
    "occurredAt": "2025-06-01T09:30:00Z",
    "content": "We went to the sea.",
    "summary": "A day at the sea",
    "confidence": 8,
    "extractedAt": "2025-06-02T00:00:00Z",
    "primaryMood": "Happy",
    "intensity": 3,
    "emotionalContext": '{"valence": 0.5, "themes": ["connection"]}',
    "sourceMessageIds": '["msg-2", "msg-1"]',
    "participants": '[{"id": "p1", "name": "Ann", "role": "friend"}, {"id": "p2", "role": "self"}]',
    "tags": '["sea"]',
    "relationshipDynamics": '{"participant_dynamics": [{"participants": ["p1", "p2"], "kind": "supportive"}]}',
    "metadata": '{"channel": "chat", "n": 5}',
}


def line(record: Any) -> bytes:
    """The record in JSON."""
    return json.dumps(record).encode()


def converted(form: str, record: Record, known: Known = KNOWN) -> MemoryEvent:
    """The event that the record becomes."""
    result = to_current(FORMS[form], line(record), known)
    assert isinstance(result, Converted), result
    return result.event


def memory_of(form: str, record: Record, known: Known = KNOWN) -> Memory:
    """The memory that the record becomes."""
    memory = converted(form, record, known).memory
    assert memory is not None
    return memory


def refused(form: str, record: Any, known: Known = KNOWN) -> list[FieldError]:
    """What is wrong with the record."""
    result = to_current(FORMS[form], line(record), known)
    assert not isinstance(result, Converted), result
    return list(result)


_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_texts = st.text(_characters, max_size=20)
_full_texts = st.text(_characters, min_size=1, max_size=50)
_ids = st.text(_characters, min_size=1, max_size=20).filter(str.strip)
_moods = st.sampled_from([*EMOTIONS, " Happy ", "meh", ""]) | _texts
_moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.isoformat().replace("+00:00", "Z")
) | st.dates().map(str)
_metadata = st.dictionaries(_texts.filter(lambda name: not name.startswith("legacy.")), _texts, max_size=3)


def _with_null(fields: dict[str, st.SearchStrategy[Any]]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: st.none() | values for name, values in fields.items()}


def _records(needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Record]:
    return st.fixed_dictionaries(needed, optional=_with_null(optional))


v0_records = _records(
    {},
    {
        "id": _ids | st.integers(),
        "messages": st.lists(_texts | st.integers() | st.fixed_dictionaries({"id": _texts}, optional={"text": _texts})),
        "summary": _texts,
        "confidence": st.integers(0, 10) | st.floats(0, 10),
    },
).flatmap(lambda record: _full_texts.map(lambda text: {**record, "content": text}))

v1_records = _records(
    {"id": _ids, "text": _full_texts, "date": _moments, "sender": _ids | st.just("ann")},
    {
        "recipients": st.lists(_ids | st.sampled_from(["ann", "bob"]), max_size=5),
        "mood": _moods,
        "sentiment": st.floats(-1, 1) | st.integers(-1, 1),
        "categories": st.lists(st.text(_characters, min_size=1, max_size=50), max_size=20),
        "metadata": _metadata,
    },
)

rows = _records(
    {"id": _ids | st.integers(), "ownerId": _ids, "occurredAt": _moments, "content": _full_texts},
    {
        "summary": _texts,
        "confidence": st.integers(0, 10),
        "intensity": st.integers(0, 10),
        "primaryMood": _moods,
        "extractedAt": _moments,
        "tags": st.lists(_full_texts, max_size=3).map(json.dumps),
        "participants": st.lists(st.fixed_dictionaries({"id": _ids}), max_size=3).map(json.dumps),
        "emotionalContext": st.fixed_dictionaries({}, optional={"valence": st.floats(-1, 1)}).map(json.dumps),
        "metadata": _metadata.map(json.dumps),
    },
)

WELL_FORMED = {"v0": v0_records, "v1": v1_records, "row": rows}

_names = st.sampled_from([*FIELDS_OF_V0, *FIELDS_OF_V1, *COLUMNS, "legacy.migration", "\ud800", "a.b[0]"])
hostile_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text()
    | st.sampled_from(["\x00", "\ud800", "[", "[" * 5_000, "{}", "null", "[1]", "NaN", '{"a":1,"a":2}', "9999-12-31"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names | st.text(), inner, max_size=6),
    max_leaves=12,
)
