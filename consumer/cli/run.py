"""`run`: the consumer itself."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.options import of_group

if TYPE_CHECKING:
    from consumer.settings import Settings


STATIC = "group.instance.id"


@of_group
def run(
    settings: "Settings",
    context: typer.Context,
    *,
    until_idle: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.1, help="End once nothing came for so long.")
    ] = None,
    max_messages: Annotated[int | None, typer.Option(min=1, help="End after so many records.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes of the group on this machine.")] = 1,
) -> None:
    """Consume until told to stop.

    SIGTERM and Ctrl-C finish the batch in hand, commit, leave the group and exit 0; a second one ends at once, which is
    safe: what is not committed is read again. Exit 1 where no waiting helps.
    """
    from consumer.telemetry.logging import configure_logging

    if workers > 1 and max_messages is not None:
        raise typer.BadParameter("the count is one process's own: use it with one worker", param_hint="--max-messages")
    configure_logging(settings.running.log_level, settings.running.log_format)
    if workers > 1:
        from consumer.process.supervisor import Supervisor

        raise typer.Exit(Supervisor(_commands(context, workers, settings)).run())

    import structlog

    from consumer.app.consuming import consumer
    from consumer.process.clock import SystemClock
    from consumer.process.lifeline import hold_lifeline
    from consumer.process.signals import stopping_on_signals
    from consumer.stopping import Stop
    from consumer.telemetry.statistics import Statistics

    log, stop, done = structlog.get_logger(__name__), Stop(), Statistics(SystemClock())
    hold_lifeline()
    with (
        stopping_on_signals(stop),
        consumer(settings, stop, observers=[done], until_idle=until_idle, max_messages=max_messages) as worker,
    ):
        log.info("consuming", topics=settings.kafka.topics, group=settings.kafka.group_id)
        worker.run()
        log.info("stopped", reason=stop.reason or "nothing left to do", **done.totals())


def _commands(context: typer.Context, workers: int, settings: "Settings") -> list[list[str]]:
    """A command for each worker: the same options, but for what each process needs of its own."""
    same = [sys.executable, "-m", "consumer", "run", *_same_options(context)]
    return [[*same, *_its_own(settings, number)] for number in range(workers)]


def _its_own(settings: "Settings", number: int) -> list[str]:
    """A port, and a name as a static member: two processes under one name put each other out of the group."""
    own: dict[str, object] = {}
    if settings.running.health_port is not None:
        own["health_port"] = settings.running.health_port + number
    if name := settings.kafka.kafka.get(STATIC):
        own[f"kafka.{STATIC}"] = f"{name}-{number}"
    return [part for setting, value in own.items() for part in ("--set", f"{setting}={value}")]


def _same_options(context: typer.Context) -> list[str]:
    """The options that this process was given, for another; but one worker."""
    arguments: list[str] = []
    for parameter in context.command.params:
        given: Any = context.params.get(str(parameter.name))
        if parameter.name != "workers" and given is not None:
            for value in given if isinstance(given, list | tuple) else [given]:
                arguments += [parameter.opts[0], str(value)]
    return arguments
