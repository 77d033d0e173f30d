"""What a conversion notes in a memory's metadata: where it came from, and what it would take to go back.

| name | holds |
|---|---|
| `legacy.migration` | the migration record, in JSON: `from`, `to`, `changes`, `warnings` |
| `legacy.filled` | the fields that the old record did not have, separated by commas |
| `legacy.original` | in JSON: old values that can't be told from the new ones, and old fields that were absent |
"""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from consumer.memory.contract import CURRENT_SCHEMA_ID
from consumer.memory.legacy.form import Draft, Form, Old, Remark
from consumer.memory.legacy.shapes import RESERVED, compact

MIGRATION = RESERVED + "migration"
FILLED = RESERVED + "filled"
ORIGINAL = RESERVED + "original"
NAMES = frozenset({MIGRATION, FILLED, ORIGINAL})

CURRENT = f"event-{CURRENT_SCHEMA_ID}"
"""What the current form is called in migration records."""

MOST_WARNINGS = 100


class Original(NamedTuple):
    """How an old record differs from the one that would be made of the memory: its values, the fields it lacks."""

    values: Mapping[str, Any] = {}
    absent: Sequence[str] = ()

    @classmethod
    def between(cls, record: Mapping[str, Any], made: Mapping[str, Any]) -> "Original":
        """What has to be kept of the record, where this is what would be made of its memory."""
        kept = {name: value for name, value in record.items() if name not in made or made[name] != value}
        return cls(kept, [name for name in made if name not in record])

    def without(self, names: frozenset[str]) -> "Original":
        """Less what is said of these fields."""
        values = {name: value for name, value in self.values.items() if name not in names}
        return Original(values, [name for name in self.absent if name not in names])

    def restored(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """The record as it was, out of the one that was made."""
        return {**{name: value for name, value in made.items() if name not in self.absent}, **self.values}


def notes(form: Form, old: Old, draft: Draft, remarks: Sequence[Remark], original: Original) -> dict[str, str]:
    """What is noted in metadata."""
    noted = {MIGRATION: compact(_migration(form, old, draft, remarks))}
    if draft.filled:
        noted[FILLED] = ",".join(draft.filled)
    if original.values or original.absent:
        noted[ORIGINAL] = compact({name: kept for name, kept in original._asdict().items() if kept})
    return noted


def migrated_from(metadata: Mapping[str, str]) -> str | None:
    """The old form that the memory was converted from; None where it was not, or nobody can tell."""
    found = _object(metadata.get(MIGRATION, "")).get("from")
    return found if isinstance(found, str) else None


def original(metadata: Mapping[str, str]) -> Original:
    """What was kept of the old record. Takes anything: who publishes an event may write into its metadata."""
    kept = _object(metadata.get(ORIGINAL, ""))
    values, absent = kept.get("values"), kept.get("absent")
    return Original(
        values if isinstance(values, dict) else {},
        [name for name in absent if isinstance(name, str)] if isinstance(absent, list) else (),
    )


def _migration(form: Form, old: Old, draft: Draft, remarks: Sequence[Remark]) -> dict[str, Any]:
    return {
        "from": form.name,
        "to": CURRENT,
        "changes": [*_moves(form, old, draft), *(f"{source} -> {place}" for place, source in draft.filled.items())],
        "warnings": [remark._asdict() for remark in islice(remarks, MOST_WARNINGS)],
    }


def _moves(form: Form, old: Old, draft: Draft) -> list[str]:
    """`text -> memory.content`, each once, whole lists together."""
    pairs = [*form.all_origins().items(), *draft.origins.items()]
    whole = dict.fromkeys((name.partition("[")[0], place.partition("[")[0]) for place, name in pairs)
    return [f"{name} -> {place}" for name, place in whole if name in old]


def _object(text: str) -> dict[str, Any]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
