"""Writer schemas by their id on the wire, read from a directory of `<name>.<id>.avsc` files."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, Protocol

from fastavro import parse_schema
from fastavro.schema import SchemaParseException, UnknownType, to_parsing_canonical_form

from consumer.adapters.avro.bounds import check_bounded
from consumer.adapters.avro.framing import LARGEST_ID
from consumer.adapters.avro.resolution import faults
from consumer.adapters.avro.schema_tree import SchemaFault, tree_of
from consumer.errors import SettingsError
from consumer.memory.contract import current_schema

_FILE_NAME = re.compile(r".+\.(\d{1,10})\.avsc", re.ASCII)

NESTED = ("type", "items", "values", "fields")
"""The keys of a schema under which there are further schemas."""

UNDERSTOOD = frozenset({"timestamp-micros", "uuid"})
"""The logical types of events. A moment in milliseconds would pass for one in microseconds."""


@dataclass(slots=True, frozen=True)
class WriterSchema:
    """A schema that values are written in, parsed.

    `reader` is the current schema where values must be resolved to it; None where the two are equal, which saves
    the resolving.
    """

    schema_id: int
    writer: Any
    reader: Any


class Schemas(Protocol):
    """Where writer schemas come from."""

    def by_id(self, schema_id: int) -> WriterSchema | None:
        """The schema with this id; None when there is none. Raises `Transient` when that can't be known now."""


class SchemaDirectory:
    """The schemas of a directory, all read at the start."""

    def __init__(self, directory: Path) -> None:
        """Raises `SettingsError`, naming the file, for one that can't be read or does not fit the current schema."""
        self._schemas: dict[int, WriterSchema] = {}
        for path in _schema_files(directory):
            schema_id = _id_of(path)
            if schema_id in self._schemas:
                raise _unusable(path, f"another file has the id {schema_id} too")
            self._schemas[schema_id] = _load(path, schema_id)

    def by_id(self, schema_id: int) -> WriterSchema | None:
        """The schema with this id; None when there is none."""
        return self._schemas.get(schema_id)


def prepare(schema: object, schema_id: int) -> WriterSchema:
    """A schema made ready to read values with. Raises `SchemaFault` where it can't serve."""
    tree = tree_of(schema)
    check_bounded(tree)
    if other := _logical_types(schema) - UNDERSTOOD:
        raise SchemaFault(f"logical types {', '.join(sorted(other))} would be misread: use timestamp-micros and uuid")
    if wrong := list(faults(tree, tree_of(current_schema()))):
        raise SchemaFault("does not fit the current schema: " + "; ".join(wrong))
    try:
        writer = parse_schema(interned(without_logical_types(schema)))
    except (SchemaParseException, UnknownType, ValueError, TypeError, KeyError) as error:
        raise SchemaFault(f"is no Avro schema: {error}") from error
    current = parse_schema(without_logical_types(current_schema()))
    is_current = to_parsing_canonical_form(writer) == to_parsing_canonical_form(current)
    return WriterSchema(schema_id, writer, None if is_current else current)


def without_logical_types(schema: Any) -> Any:
    """The same schema with moments as plain longs and UUIDs as plain strings: what lies outside the calendar, or is no
    UUID, is then the field's error and not the decoder's."""
    if isinstance(schema, list):
        return [without_logical_types(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: value for key, value in schema.items() if key != "logicalType"}
    return {key: without_logical_types(value) if key in NESTED else value for key, value in plain.items()}


def interned(schema: Any) -> Any:
    """The same schema, equal words being one object: they are compared and looked up for every value that is read."""
    if isinstance(schema, list):
        return [interned(part) for part in schema]
    if isinstance(schema, dict):
        return {intern(key): interned(part) for key, part in schema.items()}
    return intern(schema) if isinstance(schema, str) else schema


def _logical_types(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        named = {str(schema["logicalType"])} if "logicalType" in schema else set()
        return named.union(*(_logical_types(schema[key]) for key in NESTED if key in schema))
    return set().union(*map(_logical_types, schema)) if isinstance(schema, list) else set()


def _schema_files(directory: Path) -> list[Path]:
    try:
        found = sorted(path for path in directory.iterdir() if path.suffix == ".avsc")
    except OSError as error:
        raise SettingsError(
            f"the schema directory {directory} can't be read: {error.strerror}",
            advice="Name a directory of <name>.<id>.avsc files, or leave the setting out to use those that come along.",
        ) from error
    if not found:
        raise SettingsError(
            f"the schema directory {directory} holds no .avsc file",
            advice="Put the schemas there as <name>.<id>.avsc, or leave the setting out to use those that come along.",
        )
    return found


def _id_of(path: Path) -> int:
    match = _FILE_NAME.fullmatch(path.name)
    if not match or int(match[1]) > LARGEST_ID:
        raise _unusable(path, "its name does not tell the schema's id: <name>.<id>.avsc, as in memory_event.1.avsc")
    return int(match[1])


def _load(path: Path, schema_id: int) -> WriterSchema:
    try:
        return prepare(json.loads(path.read_text(encoding="utf-8")), schema_id)
    except OSError as error:
        raise _unusable(path, f"can't be read: {error.strerror}") from error
    except SchemaFault as error:
        raise _unusable(path, str(error)) from error
    except ValueError as error:
        raise _unusable(path, f"is not JSON: {error}") from error


def _unusable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"the schema {path} can't be used: {why}", advice="Mend the file, or take it out of the directory."
    )
