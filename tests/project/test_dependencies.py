"""`pyproject.toml`, `constraints.txt` and docs/dependencies.md tell of the same packages."""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions

from tests.project.files import ROOT
from tests.project.imports import imports

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))


def declared() -> set[str]:
    """All that the project asks for by name, its build's included."""
    return names(
        [
            *PROJECT["build-system"]["requires"],
            *PROJECT["project"]["dependencies"],
            *(part for extra in PROJECT["project"]["optional-dependencies"].values() for part in extra),
            *(part for group in PROJECT["dependency-groups"].values() for part in group),
        ]
    )


def names(requirements: Iterable[str]) -> set[str]:
    """The distributions that requirements ask for."""
    return {normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements}


def imported() -> dict[str, bool]:
    """What the consumer imports of others, and whether anything but the development stack does."""
    found: dict[str, bool] = {}
    for each in imports():
        package = each.name.partition(".")[0]
        if package not in sys.stdlib_module_names | {"consumer"}:
            found[package] = found.get(package, False) or not each.module.startswith("consumer.devstack")
    return found


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_each_dependency_has_a_line_of_its_own_in_the_docs() -> None:
    lines = re.findall(r"^\| ([\w-]+) \| [^|]+ \| [^|]+ \|$", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    assert sorted(set(lines) - {"package"}) == sorted(declared())


def test_each_dependency_is_pinned() -> None:
    assert declared() - {normal(name) for name in PINS} == set()


def test_what_the_consumer_imports_is_declared() -> None:
    """That another package happens to bring it along is no promise."""
    always = names(PROJECT["project"]["dependencies"])
    with_stack = always | names(PROJECT["project"]["optional-dependencies"]["devstack"])
    providers = packages_distributions()
    undeclared = [
        package
        for package, is_for_all in imported().items()
        if not {normal(name) for name in providers[package]} & (always if is_for_all else with_stack)
    ]
    assert undeclared == []


def test_what_is_declared_for_the_consumer_is_imported() -> None:
    providers = packages_distributions()
    used = {normal(name) for package in imported() for name in providers[package]}
    assert names(PROJECT["project"]["dependencies"]) - used == set()


def test_opentelemetry_comes_from_one_family() -> None:
    """Its stable packages share one version, those in beta another."""
    versions = {version for name, version in PINS.items() if name.startswith("opentelemetry-")}
    assert len(versions) == 2
    assert PINS["opentelemetry-api"] == PINS["opentelemetry-sdk"]


def test_constraints_hold_pins_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#") and "==" not in line] == []
