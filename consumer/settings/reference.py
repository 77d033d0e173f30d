"""All settings as a page of documentation, written from their definitions. Pure."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from consumer.settings.checking import RESERVED
from consumer.settings.describing import allowed
from consumer.settings.fields import GROUPS
from consumer.settings.loading import shown
from consumer.settings.sources import variable_of

_INTRODUCTION = """\
# Settings

This page is printed by `memory-consumer config reference`; a test holds it to what the program takes.

A setting comes from a YAML or TOML file (`--config FILE` or `CONSUMER_CONFIG_FILE`), then from the environment, then
from flags (`--set batch_size=500`); the later wins. In a file it bears the variable's name in small letters, without
`CONSUMER_`:

```yaml
topics: [memory-events]
batch_size: 500
kafka:
  fetch.min.bytes: 65536
```

A wrong or unknown setting is refused at start, with its name, value, source and what it may be; all of them at once.
An empty variable counts as unset. `memory-consumer config show` prints what is in force and where it comes from;
`memory-consumer config check` only says whether it is right. OpenTelemetry is set by its own standard variables
(`OTEL_*`).
"""

_PASSED_THROUGH = """
## librdkafka

Every other property of librdkafka is passed on: `CONSUMER_KAFKA__FETCH_MIN_BYTES`, or `fetch.min.bytes` under `kafka`
in a file. Refused are those that would take the guarantee away:

| property | instead |
|---|---|
"""


def reference() -> str:
    """The page, in Markdown."""
    return "".join([_INTRODUCTION, *map(_section, GROUPS), _PASSED_THROUGH, *_reserved()])


def _section(group: str) -> str:
    model = GROUPS[group]
    fields = "".join(_row(name, field) for name, field in model.model_fields.items() if name != "kafka")
    head = "| variable | default | may be | |\n|---|---|---|---|\n"
    return f"\n## {group.capitalize()}\n\n{model.__doc__}\n\n{head}{fields}"


def _row(name: str, field: FieldInfo) -> str:
    default = shown(field.default)
    return f"| `{variable_of(name)}` | {f'`{default}`' if default else ''} | {allowed(field)} | {field.description} |\n"


def _reserved() -> Iterator[str]:
    for name, why in RESERVED.items():
        yield f"| `{name}` | {why} |\n"
