"""`offsets`: where the group stands."""

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
from consumer.cli.output import say, show_json
from consumer.cli.standing import as_object, look, show_standing

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
