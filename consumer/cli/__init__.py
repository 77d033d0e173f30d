"""The command line: one file a command group. Nothing heavy is imported before a command needs it."""

from typing import Annotated

import typer

from consumer.cli import (
    config,
    db,
    erase,
    memory,
    offsets,
    produce,
    resume,
    review,
    run,
    stack,
    status,
    transform,
    validate,
)
from consumer.cli.commands import Commands
from consumer.cli.demo import command

app = typer.Typer(
    name="memory-consumer",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Example: memory-consumer demo --events 2000",
)


def _print_version(is_wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if is_wanted:
        from importlib.metadata import version

        typer.echo(version("memory-consumer"))
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A Kafka consumer for memory events: batched, validated, deduplicated, and exact across crashes."""


app.command("run", epilog="Example: memory-consumer run --topics memory-events --workers 2")(run.run)
app.command("demo", epilog="Example: memory-consumer demo --input events.jsonl")(command.demo)
app.command("produce", epilog="Example: memory-consumer produce events.jsonl --topic memory-events")(produce.produce)
app.command("validate", epilog="Example: memory-consumer validate events.jsonl --json")(validate.validate)
app.command("transform", epilog="Example: memory-consumer transform old.jsonl --from v1 --out events.jsonl")(
    transform.transform
)
app.command("status", epilog="Example: memory-consumer status --group-id memory-consumer")(status.status)
app.command("resume", epilog="Example: memory-consumer resume --group-id memory-consumer")(resume.resume)
app.command("erase", epilog="Example: memory-consumer erase --memory m-000017 --dry-run")(erase.erase)
app.add_typer(review.app, name="review")
app.add_typer(offsets.app, name="offsets")
app.add_typer(memory.app, name="memory")
app.add_typer(db.app, name="db")
app.add_typer(config.app, name="config")
app.add_typer(stack.app, name="stack")
