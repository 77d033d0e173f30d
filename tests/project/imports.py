"""What the modules of the package import."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.project.files import ROOT


@dataclass(frozen=True)
class Import:
    """One name that a module imports, at once or in a function."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module} imports {self.name}"


def imports() -> Iterator[Import]:
    """Every import in the package, those inside functions included, those for type checkers alone left out."""
    for path in sorted((ROOT / "consumer").rglob("*.py")):
        yield from _imports_below(ast.parse(path.read_text()), _module_name(path))


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports_below(node: ast.AST, module: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(module, alias.name) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(module, f"{child.module}.{alias.name}") for alias in child.names)
        elif not _is_for_type_checkers(child):
            yield from _imports_below(child, module)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
