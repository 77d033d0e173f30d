"""pydantic's errors in our own words: a stable code, what was expected, and what a publisher is to do."""

from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from consumer.memory.field_errors import field_error
from consumer.memory.moments import RANGE
from consumer.records import FieldError


class Wording(NamedTuple):
    """The words for one kind of error; those in braces come from the rule that was broken."""

    code: str
    message: str
    expected: str
    advice: str


_WORDING = {
    "missing": Wording("missing", "is missing", "a value: the field has no default", "Send the field."),
    "string_type": Wording("wrong_type", "is not a text", "a text", "Send a string."),
    "float_type": Wording("wrong_type", "is not a number", "a number", "Send a number, not a text."),
    "bool_type": Wording("wrong_type", "is neither true nor false", "true or false", "Send a boolean."),
    "list_type": Wording("wrong_type", "is not a list", "a list", "Send a list, an empty one where there is nothing."),
    "dict_type": Wording("wrong_type", "is not an object", "an object", "Send the object with its fields."),
    "dataclass_type": Wording("wrong_type", "is not an object", "an object", "Send the object with its fields."),
    "moment_type": Wording(
        "wrong_type", "is not a moment", "microseconds since 1970-01-01, UTC", "Send the moment as a long."
    ),
    "moment_range": Wording(
        "out_of_calendar", "lies outside the calendar", RANGE, "Send microseconds since 1970, not nanoseconds."
    ),
    "uuid_type": Wording(
        "not_a_uuid", "is not a UUID", "a UUID", "Make a new UUID for every event; keep it when sending again."
    ),
    "uuid_parsing": Wording(
        "not_a_uuid", "is not a UUID", "a UUID", "Make a new UUID for every event; keep it when sending again."
    ),
    "literal_error": Wording(
        "unknown_symbol", "is not one of the symbols", "{expected}", "Send one of the symbols, in this spelling."
    ),
    "string_too_short": Wording(
        "empty", "is empty", "at least {min_length} character", "Send a text, or leave the entry out."
    ),
    "string_too_long": Wording(
        "too_long", "is too long", "at most {max_length:,} characters", "Shorten or split the text."
    ),
    "string_unicode": Wording(
        "not_unicode", "holds half a surrogate pair", "text in Unicode", "Mend the text's encoding."
    ),
    "too_short": Wording(
        "too_few_items", "has too few items", "at least {min_length} items", "Send the missing items."
    ),
    "too_long": Wording(
        "too_many_items", "has too many items", "at most {max_length} items", "Send only those that matter most."
    ),
    "finite_number": Wording(
        "not_finite", "is not a finite number", "a finite number", "Send a number, or leave the field out."
    ),
    "greater_than_equal": Wording(
        "out_of_range", "is too low", "at least {ge:g}", "Bring the value into the field's range."
    ),
    "less_than_equal": Wording(
        "out_of_range", "is too high", "at most {le:g}", "Bring the value into the field's range."
    ),
}
_NUL = Wording(
    "nul_character",
    "holds a NUL character",
    "text without U+0000",
    "Remove the NUL characters: databases can't store them.",
)
_BLANK = Wording("blank", "is blank", "more than white space", "Send the identifier.")
_OTHER = Wording("invalid", "is invalid", "a value as the schema describes it", "Compare the event with the schema.")


def explain(detail: ErrorDetails) -> FieldError:
    """One error of pydantic's as a field error."""
    wording = _wording(detail)
    location = tuple(step for step in detail["loc"] if step != "[key]")
    value = None if detail["type"] == "missing" else detail["input"]
    context: dict[str, Any] = detail.get("ctx", {})
    return field_error(
        location,
        value,
        code=wording.code,
        message=wording.message,
        expected=wording.expected.format(**context).replace("'", ""),
        advice=wording.advice,
    )


def _wording(detail: ErrorDetails) -> Wording:
    if detail["type"] == "string_pattern_mismatch":
        return _NUL if "\x00" in str(detail["input"]) else _BLANK
    return _WORDING.get(detail["type"], _OTHER)
