"""The published schema and the model in code say the same."""

import dataclasses
import types
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from typing_extensions import is_typeddict

from consumer.adapters.avro.schema_tree import Tree, tree_of
from consumer.memory.contract import CURRENT_SCHEMA_ID, current_schema, schema_directory
from consumer.memory.model import MemoryEvent

PRIMITIVES = {str: "string", float: "double", bool: "boolean", UUID: "string", datetime: "long"}


def fields_of(kind: type) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else None
    hints = get_type_hints(kind)
    return {name: hints[name] for name in names} if names else hints


def expected_tree(kind: Any) -> Any:
    """The schema of a Python type, without names and defaults."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return expected_tree(arguments[0])
    if origin in (types.UnionType, Union):
        (inner,) = [each for each in arguments if each is not type(None)]
        return ["null", expected_tree(inner)]
    if origin is Literal:
        return {"type": "enum", "symbols": list(arguments)}
    if origin in (list, dict):
        kind_of, inside = ("array", "items") if origin is list else ("map", "values")
        return {"type": kind_of, inside: expected_tree(arguments[-1])}
    if dataclasses.is_dataclass(kind) or is_typeddict(kind):
        assert isinstance(kind, type)
        return {"type": "record", "fields": {name: expected_tree(each) for name, each in fields_of(kind).items()}}
    return PRIMITIVES[kind]


def bare(tree: Tree) -> Any:
    """The tree without names and defaults."""
    if isinstance(tree, list):
        return [bare(branch) for branch in tree]
    if isinstance(tree, str):
        return tree
    match tree["type"]:
        case "record":
            return {"type": "record", "fields": {field["name"]: bare(field["type"]) for field in tree["fields"]}}
        case "enum":
            return {"type": "enum", "symbols": tree["symbols"]}
        case "array":
            return {"type": "array", "items": bare(tree["items"])}
    return {"type": "map", "values": bare(tree["values"])}


def records_in(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
        for value in schema.values():
            yield from records_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from records_in(value)


def test_schema_and_model_have_the_same_fields_types_and_symbols() -> None:
    assert bare(tree_of(current_schema())) == expected_tree(MemoryEvent)


def test_every_field_is_documented() -> None:
    undocumented = [f["name"] for record in records_in(current_schema()) for f in record["fields"] if not f.get("doc")]
    assert undocumented == []


def test_only_what_says_who_and_what_has_no_default() -> None:
    without = {
        record["name"]: [field["name"] for field in record["fields"] if "default" not in field]
        for record in records_in(current_schema())
    }
    assert {name: fields for name, fields in without.items() if fields} == {
        "MemoryEvent": ["event_id", "event_type", "memory_id", "occurred_at", "producer", "memory"],
        "Memory": ["owner_id", "content"],
        "Participant": ["id"],
        "ParticipantDynamic": ["participants"],
    }


def test_the_file_says_what_is_long_and_text_underneath() -> None:
    types_of = {field["name"]: field["type"] for field in current_schema()["fields"]}
    assert types_of["event_id"] == {"type": "string", "logicalType": "uuid"}
    assert types_of["occurred_at"] == {"type": "long", "logicalType": "timestamp-micros"}


def test_the_current_schema_lies_under_its_id() -> None:
    assert (schema_directory() / f"memory_event.{CURRENT_SCHEMA_ID}.avsc").is_file()
