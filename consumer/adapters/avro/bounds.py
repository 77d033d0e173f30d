"""Schemas under which a few bytes could stand for an endless value. Whoever writes the bytes may mean harm."""

from typing import Any

from consumer.adapters.avro.schema_tree import SchemaFault, Tree


def check_bounded(tree: Tree) -> None:
    """Raises `SchemaFault` for an array whose items take no bytes: ten bytes could then stand for 2⁶³ of them."""
    if isinstance(tree, list):
        for branch in tree:
            check_bounded(branch)
    elif isinstance(tree, dict):
        if tree["type"] == "array" and _takes_no_bytes(tree["items"]):
            raise SchemaFault("an array of items that take no bytes has no bound, and is not taken")
        for part in _parts(tree):
            check_bounded(part)


def _takes_no_bytes(tree: Tree) -> bool:
    if not isinstance(tree, dict):
        return tree == "null"
    match tree["type"]:
        case "fixed":
            return bool(tree["size"] == 0)
        case "record":
            return all(map(_takes_no_bytes, _parts(tree)))
    return False


def _parts(tree: dict[str, Any]) -> list[Tree]:
    inner = [tree[key] for key in ("items", "values") if key in tree]
    return inner + [field["type"] for field in tree.get("fields", ())]
