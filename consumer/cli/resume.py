"""`resume`: closes an open breaker by hand."""

from datetime import UTC, datetime

from consumer.cli.breaker import as_object
from consumer.cli.options import Assignments, ConfigFile, DatabaseUrl, GroupId, Json, load_settings
from consumer.cli.output import on_one_line, say, show_json, zulu


def resume(
    *,
    group_id: GroupId = None,
    database_url: DatabaseUrl = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Close the group's breaker: its consumers go on within seconds, wherever they run.

    The batch that opened it passes, its bad records as dead letters, and counting starts anew behind it. To pass over
    them instead, move the positions first: memory-consumer offsets skip.
    """
    from consumer import app as root

    settings = load_settings(config, assignments, group_id=group_id, database_url=database_url).settings
    group = settings.kafka.group_id
    closed = root.close_breaker(settings.database, group)
    if as_json:
        show_json({"group": group, "closed": as_object(closed)})
    elif closed is None:
        say(f"The breaker of {group} is not open.")
    else:
        minutes = (datetime.now(UTC) - closed.opened_at).total_seconds() / 60
        say(f"Closed. It was open since {zulu(closed.opened_at)} ({minutes:,.0f} min): {on_one_line(closed.why)}")
