"""A schema as a plain tree: its names are followed, and what has no end is refused."""

from typing import Any

import pytest

from consumer.adapters.avro.schema_tree import SchemaFault, tree_of


def test_names_are_found_by_their_namespace() -> None:
    pair = {"type": "record", "name": "Pair", "namespace": "a.b", "fields": []}
    schema = {
        "type": "record",
        "name": "Outer",
        "namespace": "a.b",
        "fields": [{"name": "x", "type": pair}, {"name": "y", "type": "Pair"}, {"name": "z", "type": "a.b.Pair"}],
    }
    tree = tree_of(schema)
    assert isinstance(tree, dict)
    x, y, z = tree["fields"]
    assert x["type"] == y["type"] == z["type"] == {"type": "record", "name": "a.b.Pair", "fields": []}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ("Unknown", "unknown type 'Unknown'"),
        (5, "not a type"),
        ({}, "not a type"),
        ({"type": "record", "name": "N", "fields": [{"name": "n", "type": ["null", "N"]}]}, "N contains itself"),
    ],
)
def test_a_schema_without_a_tree_is_refused(schema: Any, why: str) -> None:
    with pytest.raises(SchemaFault, match=why):
        tree_of(schema)
