"""Imports point one way:

    cli → app → {worker, adapters, deadletters, devstack} → ports → {records, errors, memory}

Each rule names a part of the package and what it must not import.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project.files import ROOT

VENDORS_OF_IO = frozenset({"confluent_kafka", "fastavro", "psycopg", "redis", "sqlalchemy", "alembic", "opentelemetry"})
BUILDERS = frozenset({"consumer.app", "consumer.cli", "consumer.__main__"})
DEVSTACK_USERS = frozenset({"consumer.cli", "consumer.devstack"})


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


def is_below(name: str, parts: str | frozenset[str]) -> bool:
    """Whether a dotted name is one of these, or inside one of them."""
    return any(name == part or name.startswith(f"{part}.") for part in ([parts] if isinstance(parts, str) else parts))


def adapter(name: str) -> str | None:
    """To which adapter a module belongs: `kafka`, `sql`. None for what is no adapter."""
    parts = name.split(".")
    return parts[2] if parts[:2] == ["consumer", "adapters"] and len(parts) > 2 else None


ALL = list(imports())


@pytest.mark.parametrize(
    ("part", "forbidden"),
    [
        ("consumer.memory", VENDORS_OF_IO | {"consumer.adapters", "consumer.ports", "consumer.worker"}),
        ("consumer.records", VENDORS_OF_IO),
        ("consumer.errors", VENDORS_OF_IO),
        ("consumer.ports", VENDORS_OF_IO),
        ("consumer.worker", VENDORS_OF_IO - {"opentelemetry"}),
        ("consumer.ownership", VENDORS_OF_IO),
        ("consumer.planning", VENDORS_OF_IO),
        ("consumer.policy", VENDORS_OF_IO),
        ("consumer.batching", VENDORS_OF_IO),
        ("consumer.positions", VENDORS_OF_IO),
        ("consumer.isolation", VENDORS_OF_IO),
    ],
)
def test_the_core_knows_nothing_of_vendors(part: str, forbidden: frozenset[str]) -> None:
    assert [str(each) for each in ALL if is_below(each.module, part) and is_below(each.name, forbidden)] == []


def test_the_bottom_imports_nothing_above_it() -> None:
    bottom = frozenset({"consumer.records", "consumer.errors", "consumer.memory"})
    own = [each for each in ALL if is_below(each.module, bottom) and is_below(each.name, "consumer")]
    assert [str(each) for each in own if not is_below(each.name, bottom)] == []


def test_adapters_never_import_each_other() -> None:
    across = [each for each in ALL if adapter(each.module) and adapter(each.name)]
    assert [str(each) for each in across if adapter(each.module) != adapter(each.name)] == []


@pytest.mark.parametrize(
    ("vendor", "homes"),
    [
        ("confluent_kafka", {"kafka"}),
        ("fastavro", {"avro"}),
        ("redis", {"redis"}),
        ("sqlalchemy", {"sql"}),
        ("psycopg", {"sql"}),
        ("alembic", {"sql"}),
    ],
)
def test_each_vendor_is_known_to_one_adapter(vendor: str, homes: set[str]) -> None:
    """But the development stack starts the vendors' servers, migrations are written in the vendor's own language, and
    the composition root hands the engine over."""
    exempt = frozenset({"consumer.devstack", "consumer.migrations", "consumer.app"})
    users = [each for each in ALL if is_below(each.name, vendor) and not is_below(each.module, exempt)]
    assert [str(each) for each in users if adapter(each.module) not in homes] == []


def test_only_the_composition_root_builds_adapters() -> None:
    allowed = frozenset({"consumer.app", "consumer.adapters", "consumer.migrations"})
    users = [each for each in ALL if is_below(each.name, "consumer.adapters")]
    assert [str(each) for each in users if not is_below(each.module, allowed)] == []


def test_nothing_below_imports_what_is_above() -> None:
    users = [each for each in ALL if is_below(each.name, BUILDERS)]
    assert [str(each) for each in users if not is_below(each.module, BUILDERS)] == []


def test_the_devstack_is_imported_by_commands_only() -> None:
    users = [each for each in ALL if is_below(each.name, "consumer.devstack")]
    assert [str(each) for each in users if not is_below(each.module, DEVSTACK_USERS)] == []


def test_the_command_line_loads_nothing_heavy_before_a_command_runs() -> None:
    loaded = subprocess.check_output(
        [sys.executable, "-c", "import sys, consumer.__main__, consumer.cli; print(*sys.modules)"], text=True
    )
    heavy = VENDORS_OF_IO | {"consumer.devstack", "consumer.app", "psutil"}
    assert [name for name in loaded.split() if name in heavy] == []
