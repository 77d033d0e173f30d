"""`status`: how the running consumers of a group are doing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from consumer.cli.commands import FAILED
from consumer.cli.options import Json, of_group
from consumer.cli.output import say, show_json, show_table
from consumer.cli.standing import as_object, look, show_standing

if TYPE_CHECKING:
    from consumer.adapters.sql.operations import ConsumerRow
    from consumer.settings import Settings

REMEMBERED = timedelta(days=1)
"""A consumer that died is shown for so long."""

SILENT = timedelta(seconds=20)
"""A consumer that has said nothing for so long is not well: four signs of life are missing."""


@of_group
def status(settings: "Settings", *, as_json: Json = False) -> None:
    """Show the group's running consumers and its lag.

    Exit 1 when none is running or Kafka does not answer.
    """
    now = datetime.now(UTC)
    consumers = _consumers(settings, now)
    standing, trouble = look(settings)
    if as_json:
        partitions = [as_object(each) for each in standing]
        show_json({"consumers": [_as_object(row, now) for row in consumers], "partitions": partitions})
    else:
        _show_consumers(consumers, now)
        show_standing(standing)
    if trouble:
        say(f"Kafka: {trouble}")
    if trouble or not any(_is_running(row, now) for row in consumers):
        raise typer.Exit(FAILED)


def _consumers(settings: "Settings", now: datetime) -> "list[ConsumerRow]":
    from consumer import app as root

    with root.operations(settings.database) as operations:
        return operations.consumers(settings.kafka.group_id, since=now - REMEMBERED)


def _show_consumers(consumers: "list[ConsumerRow]", now: datetime) -> None:
    if not consumers:
        say("No consumer of this group is running.")
        return
    numbers = ("records", "per second", "last batch", "seconds")
    columns = ("consumer", "state", *numbers, "closed by", "filter", "last trouble")
    show_table(columns, [_cells(row, now) for row in consumers], right=numbers)
    typer.echo()


def _cells(row: "ConsumerRow", now: datetime) -> tuple[object, ...]:
    told = row.snapshot
    return (
        row.consumer_id,
        _state_at_length(row, now),
        f"{told['records']:,}",
        f"{told['records_per_second']:,.0f}",
        f"{told['last_batch_size']:,}",
        f"{told['last_batch_seconds']:.3f}",
        told["last_closed_by"],
        told["filter_trouble"] or "in use",
        told["waiting_for"] or _stalled_at_length(told) or told["last_trouble"],
    )


def _state(row: "ConsumerRow", now: datetime) -> str:
    if not _is_running(row, now):
        return "silent"
    told = row.snapshot
    if not told["live"]:
        return "stuck"
    if told["waiting_for"]:
        return "waiting"
    return "stalled" if told["stalled"] else "running"


def _state_at_length(row: "ConsumerRow", now: datetime) -> str:
    state = _state(row, now)
    since = {"silent": row.seen_at, "waiting": _moment(row.snapshot["waiting_since"])}.get(state)
    return f"{state} for {(now - since).total_seconds():.0f} s" if since else state


def _stalled_at_length(told: Mapping[str, Any]) -> str:
    return f"nothing comes of {', '.join(told['stalled'])}, short of the end" if told["stalled"] else ""


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _is_running(row: "ConsumerRow", now: datetime) -> bool:
    return now - row.seen_at <= SILENT


def _as_object(row: "ConsumerRow", now: datetime) -> Mapping[str, Any]:
    return {"consumer_id": row.consumer_id, "state": _state(row, now), "seen_at": row.seen_at, **row.snapshot}
