"""The group's open breaker, as `status`, `offsets` and `resume` show it. It is open whether anybody runs or not."""

from typing import TYPE_CHECKING, Any

from consumer.cli.output import on_one_line, zulu

if TYPE_CHECKING:
    from consumer.records import Opening
    from consumer.settings import Settings


def look_at_breaker(settings: "Settings") -> "Opening | None":
    """The opening that is not closed yet."""
    from consumer import app as root

    return root.open_breaker(settings.database, settings.kafka.group_id)


def in_a_line(opening: "Opening") -> str:
    """Since when, why, and what closes it."""
    reason = on_one_line(opening.why)
    return f"The breaker is open since {zulu(opening.opened_at)}: {reason}. To go on: memory-consumer resume"


def as_object(opening: "Opening | None") -> dict[str, Any] | None:
    """For programs; None where the breaker is closed."""
    return None if opening is None else {"opened_at": opening.opened_at, "why": opening.why}
