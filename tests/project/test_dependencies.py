"""`pyproject.toml`, `constraints.txt` and docs/dependencies.md tell of the same packages."""

import re
import tomllib

from tests.project.files import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))


def declared() -> set[str]:
    """All that the project asks for by name, its build's included."""
    asked = [
        *PROJECT["build-system"]["requires"],
        *PROJECT["project"]["dependencies"],
        *(part for extra in PROJECT["project"]["optional-dependencies"].values() for part in extra),
        *(part for group in PROJECT["dependency-groups"].values() for part in group),
    ]
    return {normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in asked}


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_each_dependency_has_a_line_of_its_own_in_the_docs() -> None:
    lines = re.findall(r"^\| ([\w-]+) \| [^|]+ \| [^|]+ \|$", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    assert sorted(set(lines) - {"package"}) == sorted(declared())


def test_each_dependency_is_pinned() -> None:
    assert declared() - {normal(name) for name in PINS} == set()


def test_opentelemetry_comes_from_one_family() -> None:
    """Its stable packages share one version, those in beta another."""
    versions = {version for name, version in PINS.items() if name.startswith("opentelemetry-")}
    assert len(versions) == 2
    assert PINS["opentelemetry-api"] == PINS["opentelemetry-sdk"]


def test_constraints_hold_pins_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#") and "==" not in line] == []
