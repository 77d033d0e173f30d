"""`stack`: a local broker, database and Redis for development."""

import shlex
from pathlib import Path
from types import ModuleType

import typer

from consumer.cli.options import Json
from consumer.cli.output import say, show_json
from consumer.errors import Fatal

app = typer.Typer(
    no_args_is_help=True, help="A local broker, database and Redis for development, without Docker and without root."
)


@app.command(
    "up", epilog='Example: eval "$(memory-consumer stack up)" && memory-consumer db upgrade && memory-consumer run'
)
def up(*, as_json: Json = False) -> None:
    """Start them in the background and print the environment to use, as lines for the shell.

    The topics are made as well, the tables are not. Run again, it prints the same environment and starts nothing.
    """
    stack, state = _devstack()
    running = stack.up(state, say)
    environment = {**running.environment, **_topics(running.environment.get("CONSUMER_KAFKA_BOOTSTRAP_SERVERS"))}
    if as_json:
        servers = [{"name": each.name, "address": each.address, "pid": each.pid} for each in running.servers]
        show_json({"environment": environment, "servers": servers, "missing": running.missing})
        return
    for variable, value in environment.items():
        typer.echo(f"export {variable}={shlex.quote(value)}")


@app.command("down", epilog="Example: memory-consumer stack down")
def down(*, as_json: Json = False) -> None:
    """Stop them, and remove all that they held."""
    stack, state = _devstack()
    was_up = stack.down(state, say)
    if as_json:
        show_json({"was_up": was_up})
    else:
        say("The stack is down." if was_up else "The stack was not up.")


def _topics(bootstrap_servers: str | None) -> dict[str, str]:
    """Make the topics on that broker, and name the one to read."""
    from consumer.devstack.topics import TOPIC, make_topics

    if bootstrap_servers is None:
        return {}
    make_topics(bootstrap_servers)
    return {"CONSUMER_TOPICS": TOPIC}


def _devstack() -> tuple[ModuleType, Path]:
    """The module that starts and stops, and where it keeps its notes."""
    try:
        from consumer.devstack import stack
        from consumer.devstack.stack_state import state_directory
    except ModuleNotFoundError as missing:
        raise Fatal(
            f"the development stack is not installed: there is no {missing.name}",
            advice="Install it: pip install 'memory-consumer[devstack]'",
        ) from missing
    return stack, state_directory()
