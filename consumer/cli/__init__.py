"""The command line: one file a command group. Nothing heavy is imported before a command needs it."""

import typer

from consumer.cli import config, db, memory, offsets, produce, run, stack, status, validate
from consumer.cli.commands import Commands
from consumer.cli.demo import command

app = typer.Typer(
    name="memory-consumer",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="A Kafka consumer for memory events: batched, validated, deduplicated, and exact across crashes.",
    epilog="Example: memory-consumer demo --events 2000",
)

app.command("run", epilog="Example: memory-consumer run --topics memory-events --workers 2")(run.run)
app.command("demo", epilog="Example: memory-consumer demo --input events.jsonl")(command.demo)
app.command("produce", epilog="Example: memory-consumer produce events.jsonl --topic memory-events")(produce.produce)
app.command("validate", epilog="Example: memory-consumer validate events.jsonl --json")(validate.validate)
app.command("status", epilog="Example: memory-consumer status --group-id memory-consumer")(status.status)
app.add_typer(offsets.app, name="offsets")
app.add_typer(memory.app, name="memory")
app.add_typer(db.app, name="db")
app.add_typer(config.app, name="config")
app.add_typer(stack.app, name="stack")
