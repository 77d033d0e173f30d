"""Imports point one way:

    cli → app → {worker, adapters, deadletters, devstack} → ports → {records, errors} → memory

Each rule names a part of the package and what it must not import.
"""

import subprocess
import sys

import pytest

from tests.project.imports import imports

SERVERS = "consumer.devstack"
"""The development stack starts the vendors' servers, and asks them in their own language whether they are up."""

HOMES = {
    "alembic": {"consumer.adapters.sql", "consumer.migrations"},
    "confluent_kafka": {"consumer.adapters.kafka", SERVERS},
    "fastavro": {"consumer.adapters.avro"},
    "opentelemetry": {"consumer.telemetry"},
    "psutil": {SERVERS},
    "psycopg": {"consumer.adapters.sql", SERVERS},
    "redis": {"consumer.adapters.redis", SERVERS},
    # The composition root hands the engine over.
    "sqlalchemy": {"consumer.adapters.sql", "consumer.app", "consumer.migrations", SERVERS},
    # A demonstration looks into the file that it is to empty, which may be anybody's.
    "sqlite3": {"consumer.adapters.sql", "consumer.cli.demo.file"},
}
"""Who may know a vendor of I/O. Everything else, a new module included, is the core and reaches it through a port."""

BUILDERS = frozenset({"consumer.app", "consumer.cli", "consumer.__main__"})
DEVSTACK_USERS = frozenset({"consumer.cli", "consumer.devstack"})


def is_below(name: str, parts: str | frozenset[str]) -> bool:
    """Whether a dotted name is one of these, or inside one of them."""
    return any(name == part or name.startswith(f"{part}.") for part in ([parts] if isinstance(parts, str) else parts))


def adapter(name: str) -> str | None:
    """To which adapter a module belongs: `kafka`, `sql`. None for what is no adapter."""
    parts = name.split(".")
    return parts[2] if parts[:2] == ["consumer", "adapters"] and len(parts) > 2 else None


ALL = list(imports())


@pytest.mark.parametrize("vendor", HOMES)
def test_a_vendor_is_known_in_its_homes_only(vendor: str) -> None:
    users = [each for each in ALL if is_below(each.name, vendor)]
    assert [str(each) for each in users if not is_below(each.module, frozenset(HOMES[vendor]))] == []


@pytest.mark.parametrize(
    ("vendor", "home"), [(vendor, home) for vendor, homes in HOMES.items() for home in sorted(homes)]
)
def test_a_home_knows_its_vendor(vendor: str, home: str) -> None:
    """Otherwise the table above permits what nobody needs."""
    assert any(is_below(each.module, home) and is_below(each.name, vendor) for each in ALL)


def test_the_domain_imports_nothing_of_the_rest() -> None:
    own = [each for each in ALL if is_below(each.module, "consumer.memory") and is_below(each.name, "consumer")]
    assert [str(each) for each in own if not is_below(each.name, "consumer.memory")] == []


def test_the_bottom_imports_nothing_above_it() -> None:
    bottom = frozenset({"consumer.records", "consumer.effects", "consumer.errors", "consumer.memory"})
    own = [each for each in ALL if is_below(each.module, bottom) and is_below(each.name, "consumer")]
    assert [str(each) for each in own if not is_below(each.name, bottom)] == []


def test_adapters_never_import_each_other() -> None:
    across = [each for each in ALL if adapter(each.module) and adapter(each.name)]
    assert [str(each) for each in across if adapter(each.module) != adapter(each.name)] == []


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
    heavy = HOMES.keys() - {"sqlite3"} | {"consumer.devstack", "consumer.app"}
    assert [name for name in loaded.split() if name in heavy] == []
