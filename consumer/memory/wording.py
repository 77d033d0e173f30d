"""What can be wrong with a field, in words: a stable code, what was expected, and what the publisher is to do."""

from typing import NamedTuple

from consumer.memory.field_errors import FieldError, Location, path, shown
from consumer.memory.moments import RANGE


class Wording(NamedTuple):
    """The words for one kind of error; those in braces are filled in from the rule that was broken."""

    code: str
    message: str
    expected: str
    advice: str

    def error(self, location: Location, value: object, **context: object) -> FieldError:
        """The error at a place in the event."""
        return FieldError(
            path(location),
            self.message.format(**context),
            shown(location, value),
            self.expected.format(**context),
            self.code,
            self.advice.format(**context),
        )


MISSING = Wording("missing", "is missing", "a value: the field has no default", "Send the field.")
UNKNOWN_FIELD = Wording("unknown_field", "is no field of the event", "one of {fields}", "{advice}")

NOT_A_TEXT = Wording("wrong_type", "is not a text", "a text", "Send a string.")
NOT_A_NUMBER = Wording("wrong_type", "is not a number", "a number", "Send a number, not a text.")
NOT_A_FLAG = Wording("wrong_type", "is neither true nor false", "true or false", "Send a boolean.")
NOT_A_LIST = Wording("wrong_type", "is not a list", "a list", "Send a list, an empty one where there is nothing.")
NOT_AN_OBJECT = Wording("wrong_type", "is not an object", "an object", "Send the object with its fields.")
NOT_A_COUNT = Wording(
    "wrong_type", "is not a moment", "microseconds since 1970-01-01, UTC", "Send the moment as a long."
)
NOT_A_MOMENT = Wording(
    "not_a_moment",
    "is not a moment",
    "ISO 8601 with its zone, 2025-06-01T09:30:00Z",
    "Send date and time in UTC with Z, to the microsecond at most.",
)
OUT_OF_CALENDAR = Wording(
    "out_of_calendar",
    "lies outside the calendar",
    RANGE,
    "Send microseconds since 1970, neither nanoseconds nor a filler.",
)
NOT_IN_CALENDAR = Wording(
    "out_of_calendar",
    "lies outside the calendar",
    RANGE,
    "Send a moment of these years: in UTC it is in another one.",
)
NOT_A_UUID = Wording(
    "not_a_uuid",
    "is not a UUID",
    "a UUID",
    "Make a new UUID for every event, and keep it when sending the event again.",
)
UNKNOWN_SYMBOL = Wording(
    "unknown_symbol", "is not one of the symbols", "{expected}", "Send one of the symbols, in this spelling."
)

EMPTY = Wording("empty", "is empty", "at least {min_length} character", "Send a text, or leave the entry out.")
TOO_LONG = Wording("too_long", "is too long", "at most {max_length:,} characters", "Shorten or split the text.")
BLANK = Wording("blank", "is blank", "more than white space", "Send the identifier.")
NUL_CHARACTER = Wording(
    "nul_character",
    "holds a NUL character",
    "text without U+0000",
    "Remove the NUL characters: databases can't store them.",
)
NOT_UNICODE = Wording("not_unicode", "holds half a surrogate pair", "text in Unicode", "Mend the text's encoding.")

TOO_FEW_ITEMS = Wording("too_few_items", "has too few items", "at least {min_length} items", "Send the missing items.")
TOO_MANY_ITEMS = Wording(
    "too_many_items", "has too many items", "at most {max_length} items", "Send only those that matter most."
)

NOT_FINITE = Wording(
    "not_finite", "is not a finite number", "a finite number", "Send a number, or leave the field out."
)
TOO_LOW = Wording("out_of_range", "is too low", "at least {ge:g}", "Bring the value into the field's range.")
TOO_HIGH = Wording("out_of_range", "is too high", "at most {le:g}", "Bring the value into the field's range.")

MEMORY_MISSING = Wording(
    "memory_missing",
    "is null, but the event does not delete the memory",
    "the memory's full state",
    "Send the whole memory with CREATED and UPDATED, or DELETED to erase it.",
)
MEMORY_ON_DELETION = Wording(
    "memory_on_deletion", "is given, but the event deletes the memory", "null", "Send memory as null with DELETED."
)
UNKNOWN_PARTICIPANT = Wording(
    "unknown_participant",
    "is no participant of the memory",
    "the id of one of memory.participants",
    "Add the person to memory.participants, or leave the pair out.",
)
SAME_PARTICIPANT = Wording(
    "same_participant",
    "names one participant twice",
    "two different participants",
    "Name the two people, or leave the pair out.",
)

NOT_JSON = Wording("not_json", "is not JSON: {problem}", "one event as a JSON object on one line", "Mend the line.")
INVALID_UTF8 = Wording("invalid_utf8", "is not UTF-8 at byte {byte}", "text in UTF-8", "Write the file in UTF-8.")
DUPLICATE_KEY = Wording("duplicate_key", "is given twice in one object", "each field once", "Leave one of them out.")
LINE_TOO_LONG = Wording(
    "line_too_long",
    "has {size:,} bytes",
    "a line of at most {longest:,} bytes",
    "Write one event a line, and end every line.",
)

INVALID = Wording("invalid", "is invalid", "a value as the schema describes it", "Compare the event with the schema.")
