"""Whether everything written under one schema can be read under another, by Avro's rules of schema resolution.

Stricter than a reader would be on a given value: a symbol or a branch that the reader lacks is a fault here, whether
or not anybody ever sends it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from consumer.adapters.avro.schema_tree import Tree

_PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}


def faults(writer: Tree, reader: Tree, at: str = "") -> Iterator[str]:
    """What stands in the way, each with the path of its field; nothing when the two fit."""
    if isinstance(writer, list):
        for branch in writer:
            yield from faults(branch, reader, at)
    elif isinstance(reader, list):
        yield from _branch(writer, reader, at)
    elif isinstance(writer, dict) and isinstance(reader, dict) and writer["type"] == reader["type"]:
        yield from _complex(writer, reader, at)
    elif writer != reader and not _is_promoted(writer, reader):
        yield f"{_place(at)}{_name(writer)} can't be read as {_name(reader)}"


def _branch(writer: Tree, branches: list[Tree], at: str) -> Iterator[str]:
    if any(next(faults(writer, branch), None) is None for branch in branches):
        return
    namesake = next((branch for branch in branches if _name(branch) == _name(writer)), None)
    if namesake is not None:
        yield from faults(writer, namesake, at)
    else:
        yield f"{_place(at)}{_name(writer)} is none of {', '.join(map(_name, branches))}"


def _complex(writer: Mapping[str, Any], reader: Mapping[str, Any], at: str) -> Iterator[str]:
    match writer["type"]:
        case "array":
            yield from faults(writer["items"], reader["items"], f"{at}[]")
        case "map":
            yield from faults(writer["values"], reader["values"], f"{at}[]")
        case _ if _short(writer) != _short(reader):
            yield f"{_place(at)}{_name(writer)} is another type than {_name(reader)}"
        case "enum":
            yield from _enum(writer, reader, at)
        case "fixed" if writer["size"] != reader["size"]:
            yield f"{_place(at)}{writer['size']} bytes can't be read as {reader['size']}"
        case "record":
            yield from _record(writer, reader, at)


def _enum(writer: Mapping[str, Any], reader: Mapping[str, Any], at: str) -> Iterator[str]:
    unknown = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
    if unknown and "default" not in reader:
        yield f"{_place(at)}the reader does not know {', '.join(unknown)}"


def _record(writer: Mapping[str, Any], reader: Mapping[str, Any], at: str) -> Iterator[str]:
    written = {field["name"]: field["type"] for field in writer["fields"]}
    for field in reader["fields"]:
        here = f"{at}.{field['name']}" if at else field["name"]
        name = next((name for name in (field["name"], *field.get("aliases", ())) if name in written), None)
        if name is not None:
            yield from faults(written[name], field["type"], here)
        elif "default" not in field:
            yield f"{here}: is missing, and has no default"


def _is_promoted(writer: Tree, reader: Tree) -> bool:
    return isinstance(writer, str) and isinstance(reader, str) and reader in _PROMOTIONS.get(writer, ())


def _name(tree: Tree | Mapping[str, Any]) -> str:
    if isinstance(tree, list):
        return "a union"
    return tree if isinstance(tree, str) else str(tree.get("name", tree["type"]))


def _short(tree: Mapping[str, Any]) -> str:
    return str(tree["name"]).rpartition(".")[2]


def _place(at: str) -> str:
    return f"{at}: " if at else ""
