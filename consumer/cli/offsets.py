"""`offsets`: where the group stands."""

from typing import TYPE_CHECKING, Any

import typer

from consumer.cli.commands import FAILED
from consumer.cli.options import (
    Assignments,
    BootstrapServers,
    ConfigFile,
    DatabaseUrl,
    GroupId,
    Json,
    Topics,
    load_settings,
)
from consumer.cli.output import say, show_json, show_table

if TYPE_CHECKING:
    from consumer.records import Found, TopicPartition
    from consumer.settings import Settings
    from consumer.standing import Standing

app = typer.Typer(no_args_is_help=True, help="Look at the group's positions.")


@app.callback()
def offsets() -> None:
    """Look at the group's positions."""


@app.command("show", epilog="Example: memory-consumer offsets show --group-id memory-consumer --json")
def show(
    *,
    bootstrap_servers: BootstrapServers = None,
    topics: Topics = None,
    group_id: GroupId = None,
    database_url: DatabaseUrl = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Show the position in each partition, in SQL and in Kafka side by side, and how far it is behind.

    SQL is the truth; Kafka's offset follows each commit. Exit 1 when Kafka does not answer: its columns stay empty.
    """
    settings = load_settings(
        config,
        assignments,
        kafka_bootstrap_servers=bootstrap_servers,
        topics=topics,
        group_id=group_id,
        database_url=database_url,
    ).settings
    standing, trouble = look(settings)
    if as_json:
        show_json([as_object(each) for each in standing])
    else:
        show_standing(standing)
    if trouble:
        say(f"Kafka: {trouble}")
        raise typer.Exit(FAILED)


def look(settings: "Settings") -> "tuple[list[Standing], str | None]":
    """The group's standing, and what kept Kafka from answering."""
    from consumer import app as root
    from consumer.standing import standings

    with root.operations(settings.database) as operations:
        rows = operations.partitions(settings.kafka.group_id)
    found, trouble = _ask_kafka(settings)
    return standings(rows, found), trouble


def show_standing(standing: "list[Standing]") -> None:
    """The table."""
    numbers = ("SQL", "Kafka", "end", "lag", "epoch", "incarnation", "records read")
    show_table(("partition", *numbers, ""), map(_cells, standing), right=numbers)


def as_object(standing: "Standing") -> dict[str, Any]:
    """One partition, for programs."""
    row = standing.row
    return {
        "topic": standing.source.topic,
        "partition": standing.source.partition,
        "next_offset": standing.next_offset,
        "committed": standing.committed,
        "end": standing.end,
        "lag": standing.lag,
        "epoch": None if row is None else row.epoch,
        "incarnation": None if row is None else row.incarnation,
        "records_read": None if row is None else row.records_read,
        "remark": standing.remark,
    }


def _cells(standing: "Standing") -> tuple[object, ...]:
    told = as_object(standing)
    names = ("next_offset", "committed", "end", "lag", "epoch", "incarnation", "records_read", "remark")
    return str(standing.source), *(told[name] for name in names)


def _ask_kafka(settings: "Settings") -> "tuple[dict[TopicPartition, Found], str | None]":
    from consumer import app as root
    from consumer.errors import Transient

    try:
        with root.group_positions(settings.kafka) as kafka:
            sources = [source for topic in settings.kafka.topics for source in kafka.partitions(topic)]
            return {source: kafka.found(source) for source in sources}, None
    except Transient as trouble:
        return {}, str(trouble)
