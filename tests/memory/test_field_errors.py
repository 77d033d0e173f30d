"""What may be shown of a value, and how."""

import pytest

from consumer.memory.field_errors import path, shown
from consumer.memory.validation import validate
from tests.memory.samples import raw_with

SECRET = "what nobody may read\x00"


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"memory.content": SECRET}, "memory.content"),
        ({"memory.summary": SECRET}, "memory.summary"),
        ({"memory.participants.0.name": SECRET}, "memory.participants[0].name"),
        ({"memory.participants.0": SECRET}, "memory.participants[0]"),
        ({"memory.emotional_context.markers": [SECRET]}, "memory.emotional_context.markers[0]"),
        (
            {"memory.relationship_dynamics.concerning_patterns": [SECRET]},
            "memory.relationship_dynamics.concerning_patterns[0]",
        ),
        ({"memory.metadata": {"kind": SECRET}}, "memory.metadata.kind"),
        ({"memory.metadata": {"event_id": SECRET}}, "memory.metadata.event_id"),
        ({"memory": SECRET}, "memory"),
        ({"memory.emotional_context": SECRET}, "memory.emotional_context"),
    ],
)
def test_what_is_private_is_withheld(changes: dict[str, object], at: str) -> None:
    errors = validate(raw_with(changes))
    assert isinstance(errors, tuple)
    assert at in [error.path for error in errors]
    assert "nobody may read" not in repr(errors)


def test_a_value_that_is_shown_is_short_and_harmless() -> None:
    assert shown(("memory_id",), "m" * 1_000) == f'"{"m" * 60}…"'
    assert shown(("memory_id",), "a\x1b[31m\x00\ud800\u202e") == '"a\\u001b[31m\\u0000\\ud800\\u202e"'
    assert shown(("memory_id",), "Zoë") == '"Zoë"'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (0.5, "0.5"),
        (float("nan"), "nan"),
        ([1, 2], "a list of 2 items"),
        ({"a": 1}, "an object with 1 field"),
    ],
)
def test_values_are_shown_as_json_has_them(value: object, expected: str) -> None:
    assert shown(("memory", "confidence"), value) == expected


def test_a_path_leads_to_the_place() -> None:
    assert path(()) == ""
    assert path(("memory", "participants", 3, "id")) == "memory.participants[3].id"
    assert path(("memory", "metadata", "two words")) == 'memory.metadata["two words"]'
    assert path(("memory", "metadata", "\x1b")) == 'memory.metadata["\\u001b"]'
