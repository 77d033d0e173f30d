"""The command: its arguments, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.commands import FAILED
from consumer.cli.demo import epilogue
from consumer.cli.demo.file import example, start_empty
from consumer.cli.demo.reconciliation import Reconciliation
from consumer.cli.options import Assignments, ConfigFile, Json, load_settings
from consumer.cli.output import say, show, show_json
from consumer.errors import Fatal

if TYPE_CHECKING:
    from consumer.settings import Settings

DEFAULT_EVENTS = 20_000
DEFAULT_FILE = Path("memory-consumer-demo.db")


def demo(
    *,
    source: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", exists=True, dir_okay=False, readable=True, help="Events as JSONL."),
    ] = None,
    events: Annotated[int | None, typer.Option(min=0, help="How many made-up events, without --input. [20000]")] = None,
    database: Annotated[
        Path, typer.Option(metavar="FILE", dir_okay=False, help="The SQLite file that it leaves.")
    ] = DEFAULT_FILE,
    keep: Annotated[bool, typer.Option("--keep", help="Add to what the file holds instead of starting empty.")] = False,
    config: ConfigFile = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Do the whole job once, on an embedded stack: publish, consume, and account for every event.

    Exit 0 only if published = stored + merged + duplicates + dead-lettered, the published counted by the broker's
    acknowledgements, the rest by the database. Mode and batch settings are those of `run`.
    """
    _check_usage(source, events, database)
    from consumer.telemetry.logging import configure_logging

    given = load_settings(config, assignments).settings
    configure_logging("warning", given.running.log_format)
    if not keep:
        start_empty(database)
    told, filter_words = _perform(given, source, DEFAULT_EVENTS if events is None else events, database)
    if as_json:
        show_json(told.as_json())
    else:
        say("")
        show(epilogue.summary(told, filter_words))
        show(epilogue.next_steps(database, example(database), has_doubts=told.effects.doubts > 0), whole_lines=True)
    if not told.holds:
        raise typer.Exit(FAILED)


def _check_usage(source: Path | None, events: int | None, database: Path) -> None:
    """Raises `BadParameter` for what the options alone don't see."""
    if source is not None and events is not None:
        raise typer.BadParameter("give either --input or --events", param_hint="--events")
    if source is not None and not source.is_file():
        raise typer.BadParameter(f"{source} is not a regular file: it is read twice", param_hint="--input")
    if not database.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no directory {database.absolute().parent}", param_hint="--database")


def _perform(given: "Settings", source: Path | None, events: int, database: Path) -> tuple[Reconciliation, str]:
    """How it ended, and whether there was a filter. Raises `Fatal` where the embedded stack is not installed."""
    from consumer import app as root
    from consumer.cli.demo import input as lines

    try:
        from consumer.cli.demo.performance import embedded_stack, perform, settings_for
    except ModuleNotFoundError as missing:
        raise Fatal(
            f"the embedded stack is not part of this installation: there is no {missing.name}",
            advice="Run it from a checkout (make run), or install memory-consumer[devstack].",
        ) from missing

    encode = root.event_encoder()
    if source is None:
        tell = encode if given.batch.mode == "memory" else lines.with_retellings(encode)
        messages, total = lines.made_up(events, tell), events
    else:
        messages, total = lines.from_file(source, encode), lines.count_lines(source)
    with embedded_stack() as stack:
        if stack.redis_url is None:
            say(f"Going on {stack.filter_words}")
        return perform(settings_for(stack, database, given), messages, total), stack.filter_words
