"""What is inside a document, as an expression: spelled in one way, because a database finds an index on an expression
only by a query that spells it alike. The names are ours, so they stand in the statement as they are."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Float, Text, cast, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class TextInside(FunctionElement[str]):
    """The text, or the number as text, that a document has under a name."""

    inherit_cache = True
    type = Text()

    def __init__(self, document: Column[Any], name: str) -> None:
        super().__init__(document, literal_column(f"'{name}'"))


@compiles(TextInside, "postgresql")
def _of_postgres(element: TextInside, compiler: SQLCompiler, **options: Any) -> str:
    document, name = (compiler.process(each, **options) for each in element.clauses)
    return f"({document} ->> {name})"


@compiles(TextInside, "sqlite")
def _of_sqlite(element: TextInside, compiler: SQLCompiler, **options: Any) -> str:
    document, name = (compiler.process(each, **options) for each in element.clauses)
    return f"json_extract({document}, '$.{name[1:-1]}')"


def number_inside(document: Column[Any], name: str) -> ColumnElement[float]:
    """The number that a document has under a name."""
    return cast(TextInside(document, name), Float(53))


class IdsInside(FunctionElement[Any]):
    """The ids in a list of objects, as a list of their own. PostgreSQL's alone: SQLite has no index on a list."""

    inherit_cache = True
    type = JSONB()

    def __init__(self, objects: Column[Any]) -> None:
        super().__init__(objects)


@compiles(IdsInside, "postgresql")
def _ids(element: IdsInside, compiler: SQLCompiler, **options: Any) -> str:
    (objects,) = element.clauses
    return f"jsonb_path_query_array({compiler.process(objects, **options)}, '$[*].id')"
