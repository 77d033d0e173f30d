"""How the error of a field is shown: its path, and its value as far as that is fit to be seen.

What is shown goes to logs, reports and the headers of dead letters. A value is therefore shown only where the field is
known to hold nothing private, and always shortened; the names of unknown fields come from outside and are escaped.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

Location = Sequence[str | int]
"""Where in an event: names of fields and positions in lists, from the outside in."""


class FieldError(NamedTuple):
    """What is wrong with one field, fit to be shown: `value` is shortened, and withheld where it is private."""

    path: str
    message: str
    value: str
    expected: str
    code: str
    advice: str


FieldErrors = tuple[FieldError, ...]

NOTHING: Final = object()
"""The value of a field that is not there."""

SHOWN_CHARACTERS = 60
LONGEST_NUMBER_BITS = 1_024
MOST_ERRORS = 100

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_SHOWN = frozenset(
    [
        "event_id",
        "event_type",
        "memory_id",
        "occurred_at",
        "producer",
        "memory.owner_id",
        "memory.source_message_ids",
        "memory.participants.id",
        "memory.participants.role",
        "memory.tags",
        "memory.confidence",
        "memory.extracted_at",
        "memory.emotional_context.primary_emotion",
        "memory.emotional_context.secondary_emotions",
        "memory.emotional_context.intensity",
        "memory.emotional_context.valence",
        "memory.emotional_context.themes",
        "memory.emotional_context.temporal.is_building",
        "memory.emotional_context.temporal.is_resolving",
        "memory.emotional_context.temporal.expected_duration",
        "memory.relationship_dynamics.communication_pattern",
        "memory.relationship_dynamics.interaction_quality",
        "memory.relationship_dynamics.connection_strength",
        "memory.relationship_dynamics.is_balanced",
        "memory.relationship_dynamics.participant_dynamics.participants",
        "memory.relationship_dynamics.participant_dynamics.kind",
    ]
)


def path(location: Location) -> str:
    """`memory.participants[3].id`; a name that is no plain identifier is quoted: `memory.metadata["a b"]`."""
    parts = []
    for step in location:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif len(step) <= SHOWN_CHARACTERS and _PLAIN_NAME.fullmatch(step):
            parts.append(f".{step}")
        else:
            parts.append(f"[{quoted(step)}]")
    return "".join(parts).removeprefix(".")


def shown(location: Location, value: object) -> str:
    """The value as it may be shown: short, in JSON's notation; of what may be private only its kind and size."""
    if value is NOTHING:
        return ""
    if isinstance(value, Mapping):
        return f"an object with {_count(len(value), 'field')}"
    if isinstance(value, list):
        return f"a list of {_count(len(value), 'item')}"
    if value is None or _may_be_shown(location):
        return _plain(value)
    if isinstance(value, str):
        return f"withheld: a text of {_count(len(value), 'character')}"
    return "withheld"


def _plain(value: object) -> str:
    """A single value in JSON's notation, shortened."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER_BITS:  # Python refuses to write it out
        return "a number of very many digits"
    return repr(value)[:SHOWN_CHARACTERS]


def quoted(text: str) -> str:
    """The text as a JSON string, shortened, with nothing in it that a terminal or a header can't bear."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return "".join(c if c.isprintable() else _escaped(c) for c in json.dumps(short, ensure_ascii=False))


def at_most(errors: Iterable[FieldError]) -> FieldErrors:
    """The errors, or the first hundred of them and a word that there are more: a record can hold a million."""
    first = tuple(islice(errors, MOST_ERRORS + 1))
    if len(first) <= MOST_ERRORS:
        return first
    message = f"has more errors: only the first {MOST_ERRORS} are listed"
    rest = FieldError("", message, "", "none", "more_errors", "Mend those listed, then validate again.")
    return (*first[:MOST_ERRORS], rest)


def _may_be_shown(location: Location) -> bool:
    return ".".join(step for step in location if isinstance(step, str)) in _SHOWN


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
