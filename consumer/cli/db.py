"""`db`: the tables, and how long they remember event ids."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.commands import FAILED
from consumer.cli.numbers import counted
from consumer.cli.options import Json, of_database
from consumer.cli.output import say, show_json

if TYPE_CHECKING:
    from consumer.settings import Settings

CONSUMERS_KEPT = timedelta(days=7)
"""How long a consumer that died is remembered; `status` shows it for a day."""

app = typer.Typer(no_args_is_help=True, help="Bring the tables up to date; prune the ledger of event ids.")


@app.command("upgrade", epilog="Example: memory-consumer db upgrade --database-url postgresql://me@localhost/memories")
@of_database
def upgrade(settings: "Settings", *, as_json: Json = False) -> None:
    """Bring the tables to the version that this program expects. Safe to run again, and by several at once."""
    from consumer import app as root

    before, after = root.upgrade_database(settings.database)
    if as_json:
        show_json({"before": before, "after": after})
    elif before == after:
        say(f"The tables are up to date: version {after}.")
    else:
        say(f"The tables are at version {after} now; before: {before or 'none'}.")


@app.command("current", epilog="Example: memory-consumer db current --json")
@of_database
def current(settings: "Settings", *, as_json: Json = False) -> None:
    """Tell the version of the tables. Exit 1 when this program needs another."""
    from consumer import app as root

    version, needed = root.database_version(settings.database)
    if as_json:
        show_json({"version": version, "needed": needed, "is_current": version == needed})
    else:
        typer.echo(version or "none")
    if version != needed:
        say(f"This program needs version {needed}: memory-consumer db upgrade")
        raise typer.Exit(FAILED)


@app.command("prune", epilog="Example: memory-consumer db prune --older-than-days 120")
@of_database
def prune(
    settings: "Settings",
    *,
    older_than_days: Annotated[
        int | None, typer.Option(min=1, max=3_650, help="Age of the ids to forget. (CONSUMER_LEDGER_RETENTION_DAYS)")
    ] = None,
    as_json: Json = False,
) -> None:
    """Forget event ids that are older than any record that Kafka may still hand out.

    An event whose id is forgotten is judged by its time alone, should it ever come again. Consumers that died without
    stopping in order, a week ago or more, are forgotten too, and the effect figures of single batches
    (CONSUMER_EFFECTS_RETENTION_DAYS).
    """
    from consumer import app as root

    days = older_than_days or settings.database.ledger_retention_days
    now = datetime.now(UTC)
    with root.operations(settings.database) as operations:
        forgotten = operations.prune_ledger(now - timedelta(days=days))
        consumers = operations.prune_consumers(now - CONSUMERS_KEPT)
        batches = operations.prune_effects(now - timedelta(days=settings.database.effects_retention_days))
    if as_json:
        show_json({"forgotten": forgotten, "older_than_days": days, "consumers": consumers, "batches": batches})
    else:
        ids = f"{counted(forgotten, 'event id')} older than {counted(days, 'day')}"
        say(f"Forgot {ids}, and {counted(consumers, 'consumer')} silent for a week.")
        say(f"Forgot the effect figures of {counted(batches, 'batch', 'batches')}; the totals stay.")
