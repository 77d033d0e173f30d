"""What a setting may be, in words; the same in errors, in `config show` and in the documentation. Pure."""

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo


@dataclass(slots=True, frozen=True)
class Words:
    """Put into `Annotated`, the words for a type that has none of its own."""

    text: str


def allowed(field: FieldInfo) -> str:
    """What the field may be: `a whole number from 1 to 100,000`."""
    kind, metadata = _unwrap(field.annotation, list(field.metadata))
    for part in metadata:
        if isinstance(part, Words):
            return part.text
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    return {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "a text, not empty") + _range(
        metadata
    )


def _unwrap(kind: Any, metadata: list[Any]) -> tuple[Any, list[Any]]:
    """The bare type under `Annotated` and `| None`, with all constraints on the way."""
    if get_origin(kind) in (UnionType, Union):
        return _unwrap(next(part for part in get_args(kind) if part is not NoneType), metadata)
    if get_origin(kind) is Annotated:
        bare, *more = get_args(kind)
        return _unwrap(bare, metadata + more)
    return kind, metadata


def _range(metadata: list[Any]) -> str:
    return "".join(map(_bound, metadata))


def _bound(bound: object) -> str:
    match bound:
        case Ge(least):
            return f" from {least:,}"
        case Gt(least):
            return f" above {least:,}"
        case Le(most):
            return f" to {most:,}"
        case Lt(most):
            return f" and below {most:,}"
    return ""
