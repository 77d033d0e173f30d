"""Memories as tables: a list of them, and one with all that it has."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import typer

from consumer.cli.output import Lines, show_table, to_the_second, zulu

SHORTENED = 60
"""Characters of a memory's text in a list."""

TEXTS = ("content", "summary")
"""Fields that may be many lines."""

APART = ("members", "history")
"""What of a merged memory has a table of its own."""


def with_components(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row, and beside its quality what that consists of; None where it was never assessed."""
    from consumer.memory.quality import components_of

    told: dict[str, Any] = {}
    for name, value in row.items():
        told[name] = value
        if name == "quality":
            told["components"] = None if value is None else components_of(row["warnings"], row["confidence"])
    return told


def show_memories(rows: list[Mapping[str, Any]]) -> None:
    """One line each."""
    columns = ("memory", "occurred at", "emotion", "tags", "told by", "content")
    show_table(columns, map(_line, rows), right=["told by"])


def show_memory(row: Mapping[str, Any]) -> None:
    """Every field that is not empty; below it, of what was merged, the members and how they came together."""
    fields = ((name, value) for name, value in row.items() if name not in APART)
    show_table(("field", "value"), [line for name, value in fields for line in _lines(name, value)])
    if "members" in row:
        typer.echo()
        show_table(("member", "occurred at", "joined as", "score", "content"), map(_member, row["members"]))
        typer.echo()
        show_table(("joined at", "member", "as", "score", "changed", "in conflict"), map(_joining, row["history"]))


def _line(row: Mapping[str, Any]) -> tuple[object, ...]:
    emotion = row["emotional_context"] or {}
    felt = f"{emotion['primary_emotion']} {emotion['intensity']:.2f}" if emotion else None
    tags = ", ".join(row["tags"] or ())
    return row["memory_id"], to_the_second(row["occurred_at"]), felt, tags, row["members"], _shortened(row["content"])


def _member(row: Mapping[str, Any]) -> tuple[object, ...]:
    joined = "founder" if row["is_founder"] else row["band"]
    return (
        row["memory_id"],
        to_the_second(row["occurred_at"]),
        joined,
        f"{row['score']:.3f}",
        _in_one_line(row["content"]),
    )


def _joining(row: Mapping[str, Any]) -> tuple[object, ...]:
    lists = (", ".join(row[name]) for name in ("fields_changed", "conflicts"))
    return to_the_second(row["joined_at"]), row["memory_id"], row["band"], f"{row['score']:.3f}", *lists


def _shortened(content: str) -> str:
    text = _in_one_line(content)
    return text if len(text) <= SHORTENED else text[: SHORTENED - 1] + "…"


def _in_one_line(content: str) -> str:
    return " ".join(content.split())


def _lines(name: str, value: object) -> Iterator[tuple[str, object]]:
    """A field, or what is inside it, one line each; what is empty has none."""
    if value is None or value in ([], {}):
        return
    if isinstance(value, Mapping):
        for inner, below in value.items():
            yield from _lines(f"{name}.{inner}", below)
    elif isinstance(value, list) and isinstance(value[0], Mapping):
        for index, item in enumerate(value):
            yield f"{name}[{index}]", ", ".join(f"{inner} {_readable(below)}" for inner, below in item.items() if below)
    else:
        yield name, Lines(value) if name in TEXTS else _readable(value)


def _readable(value: object) -> object:
    match value:
        case datetime():
            return zulu(value)
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(str(_readable(inner)) for inner in value)
    return value
