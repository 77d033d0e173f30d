"""`memory`: what is stored."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from consumer.cli.commands import FAILED
from consumer.cli.options import Assignments, ConfigFile, DatabaseUrl, Json, load_settings
from consumer.cli.output import say, show_json, show_table, zulu

app = typer.Typer(no_args_is_help=True, help="Look at what is stored.")

SHORTENED = 60
"""Characters of a memory's text in a list."""


@app.callback()
def memory() -> None:
    """Look at what is stored."""


@app.command(
    "show", epilog="Examples: memory-consumer memory show m-000017    memory-consumer memory show --owner o-3 --limit 5"
)
def show(
    *,
    memory_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="The memory's id.")] = None,
    owner: Annotated[str | None, typer.Option(help="Everything of an owner instead, the newest first.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="With --owner: how many at most.")] = 20,
    database_url: DatabaseUrl = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Show one memory by its id, or an owner's newest. Exit 1 when there is none."""
    from consumer import app as root

    if (memory_id is None) == (owner is None):
        raise typer.BadParameter("give a memory's id, or --owner", param_hint="ID")
    settings = load_settings(config, assignments, database_url=database_url).settings
    with root.memory_reader(settings.database) as reader:
        if memory_id is not None:
            _show_one(memory_id, reader.by_id(memory_id), as_json=as_json)
        else:
            _show_list(str(owner), reader.by_owner(str(owner), limit), as_json=as_json)


def _show_one(memory_id: str, row: Mapping[str, Any] | None, *, as_json: bool) -> None:
    if row is None:
        say(f"There is no memory {memory_id}.")
        raise typer.Exit(FAILED)
    if as_json:
        show_json(row)
    else:
        show_table(("field", "value"), [line for name, value in row.items() for line in _rows(name, value)])


def _show_list(owner: str, rows: list[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show_json(rows)
    elif rows:
        show_table(("memory", "occurred at", "emotion", "tags", "content"), map(_line, rows))
    if not rows:
        say(f"There is no memory of {owner}.")
        raise typer.Exit(FAILED)


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    text = " ".join(row["content"].split())
    emotion = (row["emotional_context"] or {}).get("primary_emotion")
    shortened = text if len(text) <= SHORTENED else text[: SHORTENED - 1] + "…"
    return row["memory_id"], zulu(row["occurred_at"]), emotion, ", ".join(row["tags"] or ()), shortened


def _rows(name: str, value: object) -> Iterator[tuple[str, object]]:
    """A field, or what is inside it, one line each; what is empty has none."""
    if value is None or value in ([], {}):
        return
    if isinstance(value, Mapping):
        for inner, below in value.items():
            yield from _rows(f"{name}.{inner}", below)
    elif isinstance(value, list) and isinstance(value[0], Mapping):
        for index, item in enumerate(value):
            yield f"{name}[{index}]", ", ".join(f"{inner} {_readable(below)}" for inner, below in item.items() if below)
    else:
        yield name, _readable(value)


def _readable(value: object) -> object:
    match value:
        case datetime():
            return zulu(value)
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(str(_readable(inner)) for inner in value)
    return value
