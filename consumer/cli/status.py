"""`status`: how the running consumers of a group are doing."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import typer

from consumer.cli.breaker import as_object as opening_object
from consumer.cli.breaker import in_a_line, look_at_breaker
from consumer.cli.commands import FAILED
from consumer.cli.consumer_rows import COLUMNS, NUMBERS, cells, consumer_object, is_running, remarks
from consumer.cli.effects import in_words
from consumer.cli.options import Json, of_group
from consumer.cli.output import on_one_line, say, show_json, show_table
from consumer.cli.standing import as_object, look, show_standing

if TYPE_CHECKING:
    from consumer.adapters.sql.operations import ConsumerRow
    from consumer.effects import Effects
    from consumer.settings import Settings

REMEMBERED = timedelta(days=1)
"""A consumer that died is shown for so long."""


@of_group
def status(settings: "Settings", *, as_json: Json = False) -> None:
    """Show the group's running consumers and its lag.

    Exit 1 when none is running or Kafka does not answer.
    """
    now = datetime.now(UTC)
    consumers = _consumers(settings, now)
    effects = _effects(settings)
    opening = look_at_breaker(settings)
    standing, trouble = look(settings)
    if as_json:
        partitions = [as_object(each) for each in standing]
        told = [consumer_object(row, now) for row in consumers]
        breaker = {"breaker": opening_object(opening)}
        show_json({"consumers": told, **breaker, "partitions": partitions, "effects": effects.as_json()})
    else:
        if opening:
            typer.echo(in_a_line(opening))
        _show_consumers(consumers, now)
        show_standing(standing)
        for line in in_words(effects):
            typer.echo(line)
    if trouble:
        say(f"Kafka: {trouble}")
    if trouble or not any(is_running(row, now) for row in consumers):
        raise typer.Exit(FAILED)


def _consumers(settings: "Settings", now: datetime) -> "list[ConsumerRow]":
    from consumer import app as root

    with root.operations(settings.database) as operations:
        return operations.consumers(settings.kafka.group_id, since=now - REMEMBERED)


def _effects(settings: "Settings") -> "Effects":
    from consumer import app as root

    with root.operations(settings.database) as operations:
        return operations.effects(settings.kafka.group_id)


def _show_consumers(consumers: "list[ConsumerRow]", now: datetime) -> None:
    if not consumers:
        say("No consumer of this group is running.")
        return
    show_table(COLUMNS, [cells(row, now) for row in consumers], right=NUMBERS)
    for remark, of in remarks(consumers).items():
        typer.echo(on_one_line(f"{', '.join(of)}: {remark}"))
    typer.echo()
