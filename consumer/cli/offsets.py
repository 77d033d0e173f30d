"""`offsets`: where the group stands."""

from typing import TYPE_CHECKING

import typer

from consumer.cli.commands import FAILED
from consumer.cli.options import Json, of_group
from consumer.cli.output import say, show_json
from consumer.cli.standing import as_object, look, show_standing

if TYPE_CHECKING:
    from consumer.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Look at the group's positions.")


@app.callback()
def offsets() -> None:
    """Look at the group's positions."""


@app.command("show", epilog="Example: memory-consumer offsets show --group-id memory-consumer --json")
@of_group
def show(settings: "Settings", *, as_json: Json = False) -> None:
    """Show the position in each partition, in SQL and in Kafka side by side, and how far it is behind.

    SQL is the truth; Kafka's offset follows each commit. Exit 1 when Kafka does not answer: its columns stay empty.
    """
    standing, trouble = look(settings)
    if as_json:
        show_json([as_object(each) for each in standing])
    else:
        show_standing(standing)
    if trouble:
        say(f"Kafka: {trouble}")
        raise typer.Exit(FAILED)
