"""`offsets`: where the group stands, and moving it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.breaker import in_a_line, look_at_breaker
from consumer.cli.commands import FAILED
from consumer.cli.consent import Consent
from consumer.cli.moving import Target, carry_out, plan, show_as_json, show_plan
from consumer.cli.options import Json, moment, of_group, words
from consumer.cli.output import say, show_json
from consumer.cli.standing import as_object, look, show_changes, show_standing

if TYPE_CHECKING:
    from consumer.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Look at the group's positions, and move them.")


@app.command(
    "show",
    epilog="Examples: memory-consumer offsets show --group-id memory-consumer --json"
    "    memory-consumer offsets show --changes",
)
@of_group
def show(
    settings: "Settings",
    *,
    changes: Annotated[bool, typer.Option("--changes", help="How positions were moved instead, newest first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="With --changes: how many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """Show the position in each partition, in SQL and in Kafka side by side, and how far it is behind.

    SQL is the truth; Kafka's offset follows each commit. Exit 1 when Kafka does not answer: its columns stay empty.
    """
    if changes:
        show_changes(settings, limit, as_json=as_json)
        return
    if opening := look_at_breaker(settings):
        say(in_a_line(opening))
    standing, trouble = look(settings)
    if as_json:
        show_json([as_object(each) for each in standing])
    else:
        show_standing(standing)
    if trouble:
        say(f"Kafka: {trouble}")
        raise typer.Exit(FAILED)


def _move(
    direction: str,
    settings: "Settings",
    *,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", metavar="T", help="Only this topic of the group's. Repeatable.")
    ] = None,
    partition: Annotated[
        list[int] | None, typer.Option("--partition", metavar="N", min=0, help="Only this partition. Repeatable.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="earliest|latest|OFFSET", help="The next offset to read.")
    ] = None,
    by: Annotated[int | None, typer.Option("--by", metavar="N", min=1, help="So many offsets from here.")] = None,
    to_time: Annotated[
        datetime | None,
        typer.Option("--to-time", metavar="TIME", parser=moment, help="The first record of that time or later."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", parser=words, help="Kept with the change.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and move nothing.")] = False,
    as_json: Json = False,
) -> None:
    from consumer.positions import Because

    because, target, consent = Because(direction), Target(to, by, to_time), Consent(yes, dry_run)
    target.check()
    consent.check()
    moves = plan(settings, because, _topics(settings, topic, partition), partition or (), target)
    if not as_json:
        show_plan(moves, because)
    is_done = bool(moves) and consent.is_had("Move the group?")
    if is_done:
        moves = carry_out(settings, moves, reason)
    if as_json:
        show_as_json(moves, because, is_done=is_done)
    say(_ending(len(moves), is_done=is_done))
    if moves and not is_done and not dry_run:
        raise typer.Exit(FAILED)


def _topics(settings: "Settings", named: Sequence[str] | None, numbers: Sequence[int] | None) -> Sequence[str]:
    topics = named or settings.kafka.topics
    if numbers and len(topics) != 1:
        raise typer.BadParameter("name the one topic whose partitions these are", param_hint="--topic")
    return topics


def _ending(partitions: int, *, is_done: bool) -> str:
    if not partitions:
        return "Every partition stands there already."
    if not is_done:
        return "Nothing was moved."
    moved = "One partition is" if partitions == 1 else f"{partitions:,} partitions are"
    return f"{moved} moved. Consumers that are running go on from there by themselves."


_EXAMPLE = "Example: memory-consumer offsets"

app.command(
    "rewind",
    help="Move the group back: what was read is read again, and ends as duplicates where it was stored.\n\n"
    "The plan is shown first. Refuses to go forward, and beyond what Kafka has. The group may run meanwhile.",
    epilog=f"{_EXAMPLE} rewind --topic memory-events --to-time 2026-01-31T12:00:00Z --reason 'lost a table'",
)(of_group(partial(_move, "rewound")))

app.command(
    "skip",
    help="Move the group forward: what lies between is never read, and counted as skipped.\n\n"
    "The plan is shown first. Refuses to go back, and beyond what Kafka has. The group may run meanwhile.",
    epilog=f"{_EXAMPLE} skip --topic memory-events --partition 3 --by 1 --reason 'stuck on one record' --yes",
)(of_group(partial(_move, "skipped")))
