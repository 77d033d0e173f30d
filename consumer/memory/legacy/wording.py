"""What can be wrong with a record of an old form, besides what can be wrong with an event."""

from consumer.memory.wording import Wording

NO_OWNER = Wording(
    "no_owner",
    "is nowhere told",
    "whose memory it is",
    "Name the owner: --owner, or CONSUMER_LEGACY_OWNER for a topic.",
)
NO_TIME = Wording(
    "no_time",
    "is nowhere told",
    "when it happened",
    "Name the time: --occurred-at; in a topic it is the record's timestamp.",
)
NOT_AN_ID = Wording("wrong_type", "is neither a text nor a whole number", "an id", "Send a text or a whole number.")
NOT_A_MESSAGE = Wording(
    "wrong_type", "is neither an id nor an object that has one", "an id, or an object with its id", "Send the id."
)
NOT_WHOLE = Wording("wrong_type", "is not a whole number", "a whole number from 0 to 10", "Send a whole number.")
NOT_AN_OLD_MOMENT = Wording(
    "not_a_moment",
    "is not a moment",
    "a date, or a date and time: 2025-06-01T09:30:00Z",
    "Send it in ISO 8601, with its zone.",
)
NOT_JSON_INSIDE = Wording("not_json", "holds no JSON: {problem}", "JSON as text", "Mend the JSON in this text.")
RESERVED_NAME = Wording(
    "reserved_name",
    "begins with legacy., which is kept for what the conversion notes",
    "another name",
    "Rename the entry.",
)
WOULD_BE_LOST = Wording(
    "would_be_lost",
    "would be lost: {form} can't say it",
    "what {form} can say",
    "{advice}",
)
