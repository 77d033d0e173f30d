"""Where settings come from: a file, the environment, flags. All of them are read as text, by the same rules."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from consumer.errors import SettingsError

PREFIX = "CONSUMER_"
CONFIG_FILE_VARIABLE = "CONSUMER_CONFIG_FILE"
KAFKA = "kafka."
"""What the names of librdkafka properties begin with: `kafka.fetch.min.bytes`."""

_KUBERNETES_LINK = re.compile(r"_SERVICE_(HOST|PORT\w*)=|_PORT(_\d+_(TCP|UDP|SCTP)\w*=|=(tcp|udp|sctp)://)")
"""What Kubernetes puts into every pod for a Service named consumer or consumer-something, as `NAME=value`: of such a
port the value is a URL, of a setting that ends in _PORT a number."""


@dataclass(slots=True, frozen=True)
class Given:
    """A value as somebody gave it: `written` is its name in their words, `source` is where they wrote it."""

    name: str
    text: str
    written: str
    source: str


def from_file(path: Path) -> list[Given]:
    """The settings in a YAML or TOML file. Raises `SettingsError` where it can't be read as such."""
    content = _parse(path, _read(path))
    return [Given(name, text, name, f"file {path}") for name, text in _flatten(content, path)]


def from_environment(environment: Mapping[str, str]) -> list[Given]:
    """The settings among the variables. An empty variable counts as unset."""
    return [
        Given(_name_of(variable), text, variable, "environment")
        for variable, text in sorted(environment.items())
        if variable.startswith(PREFIX)
        and variable != CONFIG_FILE_VARIABLE
        and text
        and not _KUBERNETES_LINK.search(f"{variable}={text}")
    ]


def from_assignments(assignments: Iterable[str]) -> list[Given]:
    """The settings in `name=value` arguments of `--set`."""
    return [_assignment(argument) for argument in assignments]


def from_flags(flags: Mapping[str, str | None]) -> list[Given]:
    """The settings that have a flag of their own, by their names; those not given are None."""
    return [
        Given(name, text, "--" + name.removeprefix("kafka_").replace("_", "-"), "flag")
        for name, text in flags.items()
        if text is not None
    ]


def from_arguments(arguments: Mapping[str, object], source: str = "argument") -> list[Given]:
    """The settings that a program gives by name."""
    return [Given(name, _as_text(value), name, source) for name, value in arguments.items()]


def config_file(path: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file to read: the one named by a flag, else by the environment."""
    named = environment.get(CONFIG_FILE_VARIABLE)
    return path or (Path(named) if named else None)


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    if name.startswith(KAFKA):
        return f"{PREFIX}KAFKA__{name.removeprefix(KAFKA).replace('.', '_').upper()}"
    return PREFIX + name.upper()


def _name_of(variable: str) -> str:
    name = variable.removeprefix(PREFIX).lower()
    if name.startswith("kafka__"):
        return KAFKA + name.removeprefix("kafka__").replace("_", ".")
    return name


def _assignment(argument: str) -> Given:
    name, equals, text = argument.partition("=")
    if not equals:
        raise SettingsError(f"--set {argument}: there is no =", advice="Write it as --set batch_size=500.")
    return Given(name.strip(), text.strip(), f"--set {name.strip()}", "flag")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(
            f"the settings file {path} can't be read: {reason}",
            advice="Name another with --config or CONSUMER_CONFIG_FILE.",
        ) from error


def _parse(path: Path, text: str) -> Mapping[object, object]:
    try:
        content = tomllib.loads(text) if path.suffix == ".toml" else _yaml(text)
    except ValueError as error:
        raise SettingsError(
            f"the settings file {path} can't be read: {' '.join(str(error).split())}", advice="Mend it at that place."
        ) from error
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise SettingsError(
            f"the settings file {path} holds no settings", advice="Write one a line, as in: batch_size: 500"
        )
    return content


def _yaml(text: str) -> object:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(error) from error


def _flatten(content: Mapping[object, object], path: Path) -> Iterator[tuple[str, str]]:
    """Names and texts. Under `kafka`, nested tables are joined with dots: TOML takes `fetch.min.bytes` for three."""
    for key, value in content.items():
        name = str(key)
        if isinstance(value, Mapping) and name.partition(".")[0] == "kafka":
            yield from _flatten({f"{name}.{inner}": below for inner, below in value.items()}, path)
        elif isinstance(value, Mapping):
            raise SettingsError(
                f"the settings file {path} has a table {name!r}; only `kafka` may have settings below it",
                advice="Write the settings at the top, as in: batch_size: 500",
            )
        elif value is not None:
            yield name, _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    return str(value)
