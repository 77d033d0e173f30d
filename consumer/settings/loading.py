"""Settings, merged and checked. Later sources win; whatever is wrong is said all at once."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from consumer.settings import checking, sources
from consumer.settings.checking import Fault
from consumer.settings.describing import allowed
from consumer.settings.fields import FIELDS, GROUPS, Settings
from consumer.settings.masking import masked
from consumer.settings.sources import KAFKA, Given


class Effective(NamedTuple):
    """A setting as it is in force, fit to be shown."""

    name: str
    value: str
    source: str


@dataclass(slots=True, frozen=True)
class Loaded:
    """The settings, and who said so."""

    settings: Settings
    given: Mapping[str, Given] = field(repr=False)

    def effective(self) -> list[Effective]:
        """Every setting with its value and its source; secrets are masked."""
        own = [self._own(group, name) for name, (group, _) in FIELDS.items() if name != "kafka"]
        return own + [
            Effective(name, masked(name, given.text), given.source)
            for name, given in sorted(self.given.items())
            if name.startswith(KAFKA)
        ]

    def _own(self, group: str, name: str) -> Effective:
        value = getattr(getattr(self.settings, group), name)
        source = self.given[name].source if name in self.given else "default"
        return Effective(name, masked(name, shown(value)), source)


def load(
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    assignments: Sequence[str] = (),
    flags: Mapping[str, str | None] | None = None,
) -> Loaded:
    """Settings from a file, then the environment (by default the process's own), then `--set`, then flags.

    Raises `SettingsError` with everything that is wrong.
    """
    environment = os.environ if environment is None else environment
    path = sources.config_file(file, environment)
    layers = [
        sources.from_file(path) if path else [],
        sources.from_environment(environment),
        sources.from_assignments(assignments),
        sources.from_flags(flags or {}),
    ]
    given = {value.name: value for layer in layers for value in layer}
    return Loaded(_validated(given), given)


def load_from_program(
    database_url: str, *, name: str | None = None, batch: Mapping[str, object] | None = None
) -> Settings:
    """Settings as a program gives them: a database, a name in place of the group, and settings of a batch, of which
    those that may be unset may be None. Nothing else is read, neither a file nor the environment.

    Raises `SettingsError` with everything that is wrong.
    """
    values = {key: value for key, value in (batch or {}).items() if value is not None or not _may_be_unset(key)}
    defaults = {key: field.default for key, field in GROUPS["batch"].model_fields.items() if not _may_be_unset(key)}
    usual, of_batch = sources.from_arguments(defaults, "default"), sources.from_arguments(values)
    own = [Given("database_url", str(database_url), "database_url", "argument")]
    own += [] if name is None else [Given("group_id", name, "name", "argument")]
    given = {value.name: value for value in [*usual, *of_batch, *own]}
    return _validated(given, list(checking.beside_a_batch(of_batch)))


def _may_be_unset(name: str) -> bool:
    return name in FIELDS and FIELDS[name][1].default is None


def shown(value: object) -> str:
    """A validated value as it would be written."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _validated(given: Mapping[str, Given], known: Iterable[Fault] = ()) -> Settings:
    """`known`: faults that were found before."""
    faults = [*known, *checking.by_themselves(given.values())]
    groups: dict[str, object] = {}
    for group, model in GROUPS.items():
        try:
            groups[group] = model.model_validate(_values(group, given, without={fault.given.name for fault in faults}))
        except ValidationError as error:
            faults += _faults(error, given)
    if not faults:
        settings = Settings.model_validate(groups)
        faults = list(checking.together(settings, given))
    if faults:
        raise checking.refusal(faults)
    return settings


def _values(group: str, given: Mapping[str, Given], without: Collection[str]) -> dict[str, object]:
    """What was given of a group, less what is known to be wrong."""
    good = {name: value.text for name, value in given.items() if name not in without}
    values: dict[str, object] = {name: good[name] for name in GROUPS[group].model_fields if name in good}
    if group == "kafka":
        values["kafka"] = {name.removeprefix(KAFKA): text for name, text in good.items() if name.startswith(KAFKA)}
    return values


def _faults(error: ValidationError, given: Mapping[str, Given]) -> Iterator[Fault]:
    """One fault a setting, however many of its parts are wrong."""
    for name in dict.fromkeys(str(detail["loc"][0]) for detail in error.errors()):
        yield Fault(given[name], f"must be {allowed(FIELDS[name][1])}")
