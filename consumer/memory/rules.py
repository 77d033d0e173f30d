"""pydantic's errors in our own words."""

from typing import Any

from pydantic_core import ErrorDetails

from consumer.memory import wording
from consumer.memory.field_errors import NOTHING, FieldError
from consumer.memory.wording import Wording

_WORDINGS = {
    "missing": wording.MISSING,
    "string_type": wording.NOT_A_TEXT,
    "float_type": wording.NOT_A_NUMBER,
    "bool_type": wording.NOT_A_FLAG,
    "list_type": wording.NOT_A_LIST,
    "dict_type": wording.NOT_AN_OBJECT,
    "dataclass_type": wording.NOT_AN_OBJECT,
    "moment_type": wording.NOT_A_COUNT,
    "moment_range": wording.OUT_OF_CALENDAR,
    "uuid_type": wording.NOT_A_UUID,
    "uuid_parsing": wording.NOT_A_UUID,
    "literal_error": wording.UNKNOWN_SYMBOL,
    "string_too_short": wording.EMPTY,
    "string_too_long": wording.TOO_LONG,
    "string_unicode": wording.NOT_UNICODE,
    "too_short": wording.TOO_FEW_ITEMS,
    "too_long": wording.TOO_MANY_ITEMS,
    "finite_number": wording.NOT_FINITE,
    "greater_than_equal": wording.TOO_LOW,
    "less_than_equal": wording.TOO_HIGH,
}


def explain(detail: ErrorDetails) -> FieldError:
    """One error of pydantic's as a field error."""
    location = tuple(step for step in detail["loc"] if step != "[key]")
    value = NOTHING if detail["type"] == "missing" else detail["input"]
    context: dict[str, Any] = dict(detail.get("ctx", {}))
    if isinstance(symbols := context.get("expected"), str):
        context["expected"] = symbols.replace("'", "")
    return _wording(detail).error(location, value, **context)


def _wording(detail: ErrorDetails) -> Wording:
    if detail["type"] == "string_pattern_mismatch":
        return wording.NUL_CHARACTER if "\x00" in str(detail["input"]) else wording.BLANK
    return _WORDINGS.get(detail["type"], wording.INVALID)
