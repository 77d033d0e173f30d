"""Schemas out of a directory: which are taken, which are refused at the start, and how older ones are read."""

import json
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest

from consumer.adapters.avro import AvroDecoder, SchemaDirectory, frame
from consumer.adapters.avro.resolution import faults
from consumer.adapters.avro.schema_tree import Tree
from consumer.adapters.avro.schemas import without_logical_types
from consumer.errors import SettingsError
from consumer.memory.contract import current_schema, schema_directory
from consumer.memory.model import MemoryEvent
from consumer.records import Record, TopicPartition
from tests.memory.samples import full


def memory_fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = schema["fields"][-1]["type"][1]["fields"]
    return fields


def directory_with(path: Path, **schemas: object) -> Path:
    for name, schema in schemas.items():
        text = schema if isinstance(schema, str) else json.dumps(schema)
        (path / f"{name.replace('__', '.')}.avsc").write_text(text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        SchemaDirectory(path)
    assert refused.value.advice
    return str(refused.value)


def test_the_schemas_that_come_along_are_taken() -> None:
    schemas = SchemaDirectory(schema_directory())
    schema = schemas.by_id(1)
    assert schema is not None
    assert schema.reader is None
    assert schemas.by_id(2) is None


def test_documentation_alone_makes_no_other_schema(tmp_path: Path) -> None:
    schema = deepcopy(current_schema())
    schema["doc"] = "The same in other words."
    registered = SchemaDirectory(directory_with(tmp_path, event__4711=schema)).by_id(4711)
    assert registered is not None
    assert registered.reader is None


def test_an_event_of_an_older_schema_is_read_with_the_defaults_of_the_current_one(tmp_path: Path) -> None:
    older = deepcopy(current_schema())
    fields = memory_fields(older)
    fields[:] = [field for field in fields if field["name"] not in ("confidence", "relationship_dynamics")]
    fields.append({"name": "weather", "type": "string"})
    raw = full()
    del raw["memory"]["confidence"], raw["memory"]["relationship_dynamics"]
    raw["memory"]["weather"] = "rain"
    payload = BytesIO()
    fastavro.schemaless_writer(payload, fastavro.parse_schema(without_logical_types(older)), raw)

    decoder = AvroDecoder(SchemaDirectory(directory_with(tmp_path, event__7=older)))
    event = decoder.decode(Record(TopicPartition("t", 0), 0, b"m-1", frame(7, payload.getvalue()), (), 0))

    assert isinstance(event, MemoryEvent)
    assert event.memory is not None
    assert (event.memory.confidence, event.memory.relationship_dynamics) == (0.5, None)
    assert event.memory.content == raw["memory"]["content"]


def test_a_directory_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    assert "can't be read" in refusal(tmp_path / "nowhere")
    assert "holds no .avsc file" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "schema", "why"),
    [
        ("event", "{}", "its name does not tell the schema's id"),
        ("event__99999999999", "{}", "its name does not tell the schema's id"),
        ("event__4294967296", "{}", "its name does not tell the schema's id"),
        ("event__2", "{", "is not JSON"),
        ("event__2", "[1]", "not a type"),
        ("event__2", '"string"', "string can't be read as memory_consumer.events.MemoryEvent"),
    ],
)
def test_a_file_that_is_no_schema_is_refused_by_its_name(tmp_path: Path, name: str, schema: str, why: str) -> None:
    message = refusal(directory_with(tmp_path, **{name: schema}))
    assert why in message
    assert name.replace("__", ".") in message


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    schema = current_schema()
    assert "another file has the id 3 too" in refusal(directory_with(tmp_path, a__3=schema, b__3=schema))


def test_a_schema_that_lacks_what_has_no_default_is_refused(tmp_path: Path) -> None:
    schema = deepcopy(current_schema())
    fields = memory_fields(schema)
    fields[:] = [field for field in fields if field["name"] != "content"]
    assert "memory.content: is missing, and has no default" in refusal(directory_with(tmp_path, e__2=schema))


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ({"type": "array", "items": "null"}, "no bound"),
        ({"type": "array", "items": {"type": "record", "name": "Empty", "fields": []}}, "no bound"),
        ({"type": "array", "items": {"type": "fixed", "name": "Nothing", "size": 0}}, "no bound"),
        ({"type": "record", "name": "Loop", "fields": [{"name": "n", "type": ["null", "Loop"]}]}, "contains itself"),
    ],
)
def test_a_schema_under_which_a_few_bytes_could_stand_for_an_endless_value_is_refused(
    tmp_path: Path, kind: Any, why: str
) -> None:
    schema = deepcopy(current_schema())
    memory_fields(schema).append({"name": "trap", "type": kind})
    assert why in refusal(directory_with(tmp_path, e__2=schema))


def test_moments_in_another_unit_are_refused_rather_than_misread(tmp_path: Path) -> None:
    text = json.dumps(current_schema()).replace("timestamp-micros", "timestamp-millis")
    assert "timestamp-millis would be misread" in refusal(directory_with(tmp_path, e__2=text))


def enum(*symbols: str, **more: str) -> Tree:
    return {"type": "enum", "name": "a.E", "symbols": list(symbols), **more}


def fixed(size: int, name: str = "F") -> Tree:
    return {"type": "fixed", "name": name, "size": size}


def of(**fields: Any) -> Tree:
    return {"type": "record", "name": "R", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        ("int", "long"),
        ("long", "double"),
        ("string", "bytes"),
        ("string", ["null", "string"]),
        (["null", "int"], ["null", "long"]),
        (enum("A"), enum("A", "B")),
        (enum("A", "B"), enum("A", default="A")),
        (fixed(4), fixed(4)),
        ({"type": "array", "items": "int"}, {"type": "array", "items": "long"}),
        ({"type": "map", "values": "int"}, {"type": "map", "values": "long"}),
        (of(a="int", b="int"), of(a="long")),
        (
            of(old="int"),
            {"type": "record", "name": "R", "fields": [{"name": "new", "aliases": ["old"], "type": "int"}]},
        ),
        (of(), {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": 0}]}),
    ],
)
def test_what_can_be_read(writer: Tree, reader: Tree) -> None:
    assert list(faults(writer, reader)) == []


@pytest.mark.parametrize(
    ("writer", "reader", "why"),
    [
        ("long", "int", "long can't be read as int"),
        ("string", "long", "string can't be read as long"),
        (["null", "string"], "string", "null can't be read as string"),
        ("int", ["null", "string"], "int is none of null, string"),
        (enum("A", "B", "C"), enum("A"), "the reader does not know B, C"),
        (fixed(4), fixed(8), "4 bytes can't be read as 8"),
        (fixed(4, "F"), fixed(4, "G"), "F is another type than G"),
        ({"type": "array", "items": "string"}, {"type": "array", "items": "int"}, "[]: string can't be read as int"),
        (of(a="string"), of(a="int"), "a: string can't be read as int"),
        (of(a=of(b="string")), of(a=of(b="int")), "a.b: string can't be read as int"),
        (of(a="int"), of(a="int", b="int"), "b: is missing, and has no default"),
        (of(a="int"), {"type": "map", "values": "int"}, "R can't be read as map"),
    ],
)
def test_what_can_not_be_read(writer: Tree, reader: Tree, why: str) -> None:
    assert list(faults(writer, reader)) == [why]
