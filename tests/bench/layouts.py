"""The table layouts that stood for choice, each as what would have to be altered in the tables that stand.

All are filled alike: one staged COPY, then INSERT ... SELECT ... ON CONFLICT DO NOTHING into every table. What is
compared is only where the parts of a memory end up, and how many indexes follow.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

Raw = dict[str, Any]
"""An event as fastavro decodes it, moments as microseconds."""

Row = tuple[Any, ...]
"""Values for the staging table."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, frozen=True)
class Layout:
    """Where a memory goes.

    `alterations` turn the tables that the migrations make into this layout. `staged` are the columns of the staging
    table, in the order of the values that `row_of` makes of a decoded event; `fills` move a staged batch into the
    tables.
    """

    name: str
    title: str
    alterations: tuple[str, ...]
    staged: tuple[str, ...]
    row_of: Callable[[Raw], Row]
    fills: tuple[str, ...]

    @property
    def staging_table(self) -> str:
        """The statement that makes it; it lives for one transaction."""
        return f"CREATE TEMPORARY TABLE staged ({', '.join(self.staged)}) ON COMMIT DROP"

    @property
    def copy(self) -> str:
        """The statement that fills it."""
        return f"COPY staged ({', '.join(column.split()[0] for column in self.staged)}) FROM STDIN"


_ENVELOPE = (
    "event_id uuid",
    "memory_id varchar(255)",
    "owner_id varchar(255)",
    "occurred_at timestamptz",
    "is_deleted boolean",
    "producer varchar(255)",
    "content text",
    "summary text",
    "source_message_ids jsonb",
    "participants jsonb",
    "tags jsonb",
    "confidence double precision",
    "extracted_at timestamptz",
    "metadata jsonb",
)
_DOCUMENTS = ("emotional_context jsonb", "relationship_dynamics jsonb")
_EMOTION = (
    "primary_emotion text",
    "secondary_emotions jsonb",
    "intensity double precision",
    "valence double precision",
    "themes jsonb",
    "markers jsonb",
    "is_building boolean",
    "is_resolving boolean",
    "expected_duration text",
)
_RELATIONSHIP = (
    "communication_pattern text",
    "interaction_quality text",
    "connection_strength double precision",
    "is_balanced boolean",
    "concerning_patterns jsonb",
    "participant_dynamics jsonb",
)


def _names(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column.split()[0] for column in columns)


def _insert(table: str, *names: str, stamp: str = "") -> str:
    """Every staged row into a table, columns by the same names; `stamp` is a column for the time of writing."""
    into = ", ".join((*names, stamp) if stamp else names)
    chosen = ", ".join((*names, "now()") if stamp else names)
    return f"INSERT INTO {table} ({into}) SELECT {chosen} FROM staged ON CONFLICT DO NOTHING"


def _envelope(raw: Raw) -> Row:
    memory = raw["memory"]
    if memory is None:
        return (raw["event_id"], raw["memory_id"], None, _moment(raw["occurred_at"]), True, *(None,) * 9)
    extracted_at = memory["extracted_at"]
    return (
        raw["event_id"],
        raw["memory_id"],
        memory["owner_id"],
        _moment(raw["occurred_at"]),
        False,
        raw["producer"],
        memory["content"],
        memory["summary"],
        _json(memory["source_message_ids"]),
        _json(memory["participants"]),
        _json(memory["tags"]),
        memory["confidence"],
        None if extracted_at is None else _moment(extracted_at),
        _json(memory["metadata"]),
    )


def _row_with_documents(raw: Raw) -> Row:
    memory = raw["memory"] or {}
    return (*_envelope(raw), _json(memory.get("emotional_context")), _json(memory.get("relationship_dynamics")))


def _row_with_columns(raw: Raw) -> Row:
    memory = raw["memory"] or {}
    emotion = memory.get("emotional_context")
    relationship = memory.get("relationship_dynamics")
    return (*_envelope(raw), *_emotion_values(emotion), *_relationship_values(relationship))


def _emotion_values(emotion: Raw | None) -> Row:
    if emotion is None:
        return (None,) * len(_EMOTION)
    temporal = emotion["temporal"] or {}
    return (
        emotion["primary_emotion"],
        _json(emotion["secondary_emotions"]),
        emotion["intensity"],
        emotion["valence"],
        _json(emotion["themes"]),
        _json(emotion["markers"]),
        temporal.get("is_building"),
        temporal.get("is_resolving"),
        temporal.get("expected_duration"),
    )


def _relationship_values(relationship: Raw | None) -> Row:
    if relationship is None:
        return (None,) * len(_RELATIONSHIP)
    return (
        relationship["communication_pattern"],
        relationship["interaction_quality"],
        relationship["connection_strength"],
        relationship["is_balanced"],
        _json(relationship["concerning_patterns"]),
        _json(relationship["participant_dynamics"]),
    )


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _json(document: object) -> str | None:
    return None if document is None else orjson.dumps(document).decode()


_MEMORY = _names(_ENVELOPE + _DOCUMENTS)[2:]
_LEDGER = _insert("event_ledger", "event_id", "memory_id", stamp="recorded_at")
_NO_OWNER_INDEX = "DROP INDEX ix_memories_owner_id_occurred_at"
_NO_EMOTION_INDEX = "DROP INDEX ix_memories_emotion"
_NO_PEOPLE_INDEX = "DROP INDEX ix_memories_participant_ids"
_DOCUMENTS_GONE = "ALTER TABLE memories DROP COLUMN emotional_context, DROP COLUMN relationship_dynamics"
_EVENT_IN_MEMORY = (
    "DROP TABLE event_ledger",
    "ALTER TABLE memories ADD COLUMN event_id uuid NOT NULL CONSTRAINT one_event UNIQUE",
)

STANDING = Layout(
    name="a",
    title="ledger + one memory row, nested documents as JSONB (what stands)",
    alterations=(),
    staged=_ENVELOPE + _DOCUMENTS,
    row_of=_row_with_documents,
    fills=(_insert("memories", "memory_id", *_MEMORY, stamp="written_at"), _LEDGER),
)

PROMOTED = Layout(
    name="b",
    title="the same, emotion and relationship scalars as columns, the index on them",
    alterations=(
        _DOCUMENTS_GONE,
        "ALTER TABLE memories " + ", ".join(f"ADD COLUMN {column}" for column in _EMOTION + _RELATIONSHIP),
        "CREATE INDEX ON memories (primary_emotion, occurred_at, intensity)",
    ),
    staged=_ENVELOPE + _EMOTION + _RELATIONSHIP,
    row_of=_row_with_columns,
    fills=(
        _insert("memories", *_names(_ENVELOPE)[1:], *_names(_EMOTION + _RELATIONSHIP), stamp="written_at"),
        _LEDGER,
    ),
)

_WITHOUT_LEDGER = replace(
    STANDING,
    name="c",
    title="(a) without the ledger: the event id is a unique column of the memory",
    alterations=_EVENT_IN_MEMORY,
    fills=(_insert("memories", "event_id", "memory_id", *_MEMORY, stamp="written_at"),),
)

_WITHOUT_OWNER_INDEX = replace(STANDING, name="d", title="(a) without the owner index", alterations=(_NO_OWNER_INDEX,))

_WITHOUT_EMOTION_INDEX = replace(
    STANDING, name="e", title="(a) without the index on emotions", alterations=(_NO_EMOTION_INDEX,)
)

_WITHOUT_PEOPLE_INDEX = replace(
    STANDING, name="h", title="(a) without the index on participants' ids", alterations=(_NO_PEOPLE_INDEX,)
)

_WHOLE_PARTICIPANTS = replace(
    STANDING,
    name="i",
    title="(a), that index on participants as they are",
    alterations=(_NO_PEOPLE_INDEX, "CREATE INDEX ON memories USING gin (participants jsonb_path_ops)"),
)

_WITHOUT_BOTH = replace(
    STANDING,
    name="j",
    title="(a) without the indexes on emotions and on ids",
    alterations=(_NO_EMOTION_INDEX, _NO_PEOPLE_INDEX),
)

WIDE = replace(
    _WITHOUT_LEDGER,
    name="wide",
    title="one table: (a) without ledger and any index but the key",
    alterations=(*_EVENT_IN_MEMORY, _NO_OWNER_INDEX, _NO_EMOTION_INDEX, _NO_PEOPLE_INDEX),
)

_EMOTIONS = f"CREATE TABLE emotions (memory_id varchar(255) PRIMARY KEY {{references}}, {', '.join(_EMOTION)})"
_RELATIONSHIPS = (
    f"CREATE TABLE relationships (memory_id varchar(255) PRIMARY KEY {{references}}, {', '.join(_RELATIONSHIP)})"
)
_PARTICIPANTS = (
    "CREATE TABLE participants (memory_id varchar(255) {references}, place int, id text, name text, role text,"
    " PRIMARY KEY (memory_id, place))"
)
_FILL_PARTICIPANTS = (
    "INSERT INTO participants SELECT memory_id, place, one ->> 'id', one ->> 'name', one ->> 'role'"
    " FROM staged CROSS JOIN jsonb_array_elements(participants) WITH ORDINALITY AS each (one, place)"
    " ON CONFLICT DO NOTHING"
)


def _five_tables(name: str, title: str, references: str) -> Layout:
    kept = tuple(column for column in _names(_ENVELOPE)[1:] if column != "participants")
    return Layout(
        name=name,
        title=title,
        alterations=(
            _DOCUMENTS_GONE + ", DROP COLUMN participants",
            *(table.format(references=references) for table in (_EMOTIONS, _RELATIONSHIPS, _PARTICIPANTS)),
            "CREATE INDEX ON emotions (primary_emotion, intensity)",
            "CREATE INDEX ON participants (id)",
        ),
        staged=_ENVELOPE + _EMOTION + _RELATIONSHIP,
        row_of=_row_with_columns,
        fills=(
            _insert("memories", *kept, stamp="written_at"),
            _insert("emotions", "memory_id", *_names(_EMOTION)),
            _insert("relationships", "memory_id", *_names(_RELATIONSHIP)),
            _FILL_PARTICIPANTS,
            _LEDGER,
        ),
    )


LAYOUTS = (
    STANDING,
    PROMOTED,
    _WITHOUT_LEDGER,
    _WITHOUT_OWNER_INDEX,
    _WITHOUT_EMOTION_INDEX,
    _WITHOUT_PEOPLE_INDEX,
    _WHOLE_PARTICIPANTS,
    _WITHOUT_BOTH,
    _five_tables("f", "ledger + memory + emotion + relationship + participants", "REFERENCES memories"),
    _five_tables("g", "(f) without foreign keys", ""),
    WIDE,
)
"""All of them; the first is what the others are compared with."""


def named(name: str) -> Layout:
    """The layout of that name."""
    return next(layout for layout in LAYOUTS if layout.name == name)
