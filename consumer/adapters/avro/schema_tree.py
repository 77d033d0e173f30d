"""An Avro schema as a plain tree: names replaced by what they stand for, logical types and documentation left out.

A primitive is its name, a union a list, everything else a dictionary with its `type`. Only a schema without recursion
has such a tree; that suits us, for recursion in data that comes from outside has no bound.
"""

from collections.abc import Mapping
from typing import Any

Tree = str | list[Any] | dict[str, Any]

_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_NAMED = frozenset({"record", "enum", "fixed"})


class SchemaFault(ValueError):
    """A schema that can't be used; says where and why."""


def tree_of(schema: object) -> Tree:
    """The tree of a schema as it stands in an .avsc file. Raises `SchemaFault`."""
    return _Names().tree(schema, namespace="")


class _Names:
    """The named types met so far, by full name; None while one is being read."""

    def __init__(self) -> None:
        self._trees: dict[str, Tree | None] = {}

    def tree(self, schema: object, namespace: str) -> Tree:
        if isinstance(schema, str):
            return schema if schema in _PRIMITIVES else self._named(schema, namespace)
        if isinstance(schema, list):
            return [self.tree(branch, namespace) for branch in schema]
        if not isinstance(schema, dict) or "type" not in schema:
            raise SchemaFault(f"not a type: {str(schema)[:60]!r}")
        return self._complex(schema, namespace)

    def _complex(self, schema: Mapping[str, Any], namespace: str) -> Tree:
        kind = schema["type"]
        if kind == "array":
            return {"type": "array", "items": self.tree(schema.get("items"), namespace)}
        if kind == "map":
            return {"type": "map", "values": self.tree(schema.get("values"), namespace)}
        if isinstance(kind, str) and kind in _NAMED:
            return self._define(schema, namespace)
        return self.tree(kind, namespace)

    def _define(self, schema: Mapping[str, Any], namespace: str) -> Tree:
        name = _full_name(str(schema.get("name", "")), str(schema.get("namespace", namespace)))
        self._trees[name] = None
        inside = name.rpartition(".")[0]
        tree: dict[str, Any] = {"type": schema["type"], "name": name}
        match schema["type"]:
            case "enum":
                tree |= {key: schema[key] for key in ("symbols", "default") if key in schema}
            case "fixed":
                tree["size"] = schema.get("size")
            case _:
                tree["fields"] = [self._field(field, inside) for field in schema.get("fields", [])]
        self._trees[name] = tree
        return tree

    def _field(self, field: Mapping[str, Any], namespace: str) -> dict[str, Any]:
        kept = {key: field[key] for key in ("name", "default", "aliases") if key in field}
        return kept | {"type": self.tree(field.get("type"), namespace)}

    def _named(self, name: str, namespace: str) -> Tree:
        full = _full_name(name, namespace)
        if full not in self._trees:
            raise SchemaFault(f"unknown type {name!r}")
        tree = self._trees[full]
        if tree is None:
            raise SchemaFault(f"{full} contains itself: recursion has no bound, and is not taken")
        return tree


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"
