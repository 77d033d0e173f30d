"""Options that several commands share, and the settings they give."""

import inspect
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate

import typer

if TYPE_CHECKING:
    from consumer.settings import Loaded, Settings


def moment(text: str) -> datetime:
    """A moment out of a command line: ISO 8601 with its zone."""
    from consumer.memory.moments import from_iso, from_micros

    try:
        return from_micros(from_iso(text))
    except ValueError as error:
        raise typer.BadParameter(f"{error}, as in 2026-01-31T12:00:00Z") from error


def identifier(text: str) -> str:
    """The id of a memory or an owner out of a command line: one that can be."""
    from consumer.memory.asking import check_storable

    return _checked(text, check_storable)


def words(text: str) -> str:
    """Words out of a command line that are to be kept: they can be."""
    from consumer.memory.asking import check_text

    return _checked(text, check_text)


def _checked(text: str, check: Callable[[str], None]) -> str:
    try:
        check(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return text


ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in a YAML or TOML file. (CONSUMER_CONFIG_FILE)"),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Any setting by its name, as in --set batch_size=500. Repeatable."
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", metavar="URL", help="The database. (CONSUMER_DATABASE_URL)"),
]
BootstrapServers = Annotated[
    str | None,
    typer.Option("--bootstrap-servers", metavar="HOST:PORT", help="Kafka. (CONSUMER_KAFKA_BOOTSTRAP_SERVERS)"),
]
Topics = Annotated[
    str | None,
    typer.Option("--topics", metavar="T,...", help="Topics to read. (CONSUMER_TOPICS)"),
]
GroupId = Annotated[
    str | None,
    typer.Option("--group-id", metavar="GROUP", help="The consumer group. (CONSUMER_GROUP_ID)"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

Since = Annotated[datetime | None, typer.Option("--since", metavar="TIME", parser=moment, help="Not before this.")]
Until = Annotated[datetime | None, typer.Option("--until", metavar="TIME", parser=moment, help="Before this.")]


def load_settings(config: Path | None, assignments: Sequence[str] | None, **flags: str | None) -> "Loaded":
    """The settings in force for this command. Raises `SettingsError`."""
    from consumer.settings import load

    return load(file=config, assignments=assignments or (), flags=flags)


def of_group(command: "Callable[Concatenate[Settings, ...], None]") -> Callable[..., None]:
    """Give a command the options that say which group is meant, as `_with_options` does."""

    def settings_of(
        *,
        bootstrap_servers: BootstrapServers = None,
        topics: Topics = None,
        group_id: GroupId = None,
        database_url: DatabaseUrl = None,
        config: ConfigFile = None,
        assignments: Assignments = None,
    ) -> "Settings":
        return load_settings(
            config,
            assignments,
            kafka_bootstrap_servers=bootstrap_servers,
            topics=topics,
            group_id=group_id,
            database_url=database_url,
        ).settings

    return _with_options(command, settings_of)


def of_database(command: "Callable[Concatenate[Settings, ...], None]") -> Callable[..., None]:
    """Give a command the options that say which database is meant, as `_with_options` does."""

    def settings_of(
        *, database_url: DatabaseUrl = None, config: ConfigFile = None, assignments: Assignments = None
    ) -> "Settings":
        return load_settings(config, assignments, database_url=database_url).settings

    return _with_options(command, settings_of)


def _with_options(
    command: "Callable[Concatenate[Settings, ...], None]", settings_of: "Callable[..., Settings]"
) -> Callable[..., None]:
    """The command with the options of `settings_of`; it is called with the settings that they make.

    They come behind the command's own. Its first parameter, the settings, is no option.
    """
    shared = inspect.signature(settings_of).parameters
    own = list(inspect.signature(command).parameters.values())[1:]

    @wraps(command)
    def with_options(**given: Any) -> None:
        settings = settings_of(**{name: given.pop(name) for name in shared})
        command(settings, **given)

    # What typer reads: without `__wrapped__` it takes the signature and the types of this function itself.
    del with_options.__dict__["__wrapped__"]
    parameters = [*own, *shared.values()]
    vars(with_options)["__signature__"] = inspect.Signature(parameters)
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options
