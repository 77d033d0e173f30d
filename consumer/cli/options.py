"""Options that several commands share, and the settings they give."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from consumer.settings import Loaded

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


def load_settings(config: Path | None, assignments: Sequence[str] | None, **flags: str | None) -> "Loaded":
    """The settings in force for this command. Raises `SettingsError`."""
    from consumer.settings import load

    return load(file=config, assignments=assignments or (), flags=flags)
