"""The command line: one file a command group. Nothing heavy is imported before a command needs it."""

import typer

from consumer.cli import config, db, memory
from consumer.cli.commands import Commands

app = typer.Typer(
    name="memory-consumer",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="A Kafka consumer for memory events: batched, validated, deduplicated, and exact across crashes.",
    epilog="Example: memory-consumer demo --events 2000",
)

app.add_typer(memory.app, name="memory")
app.add_typer(db.app, name="db")
app.add_typer(config.app, name="config")
