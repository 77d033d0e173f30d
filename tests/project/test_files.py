"""What must not stand in any file of the project, and what must stand in some."""

import re
import stat

import yaml

from tests.project.files import ROOT, tracked_files

PARTS_OF_FORBIDDEN = (
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("repo.", "maven.apache"),
    ("repo1.", "maven"),
    ("registry.", "npmjs"),
    ("--index", "-url"),
    ("--extra", "-index"),
    ("<reposi", "tory>"),
    ("/wo", "rk/"),
    ("/ro", "ot/"),
)
"""In two halves, so that this file is none of those that it looks for."""


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    forbidden = re.compile("|".join(re.escape(first + second) for first, second in PARTS_OF_FORBIDDEN))
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path in tracked_files()
        for line in path.read_text(errors="replace").splitlines()
        if forbidden.search(line)
    ]
    assert found == []


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert re.search(r"^make test$", script.read_text(), re.MULTILINE)
    assert script.stat().st_mode & stat.S_IXUSR


def test_the_top_level_holds_what_a_reader_expects() -> None:
    expected = {
        *("pyproject.toml", "constraints.txt", "consumer", "schemas", "tests", "docs", "helm"),
        *("Makefile", "Dockerfile", "docker-compose.yml", ".dockerignore", ".gitignore", ".ci"),
        *("README.md", "LICENSE", "CHANGELOG.md"),
    }
    assert {path.relative_to(ROOT).parts[0] for path in tracked_files()} - expected == set()


def test_the_image_is_built_from_files_that_the_build_may_see() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for name in " ".join(copied).split():
        assert f"!{name}" in ignore
        assert (ROOT / name).exists()


def test_the_image_holds_no_development_stack() -> None:
    assert "consumer/devstack" in (ROOT / ".dockerignore").read_text().splitlines()
    assert "[devstack]" not in (ROOT / "Dockerfile").read_text()


def test_compose_is_whole() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    images = {service["image"].partition(":")[0] for service in services.values()}
    assert images == {"apache/kafka", "postgres", "redis", "memory-consumer"}
    for name, service in services.items():
        for other, condition in _waits_for(service).items():
            assert other in services, f"{name} waits for {other}, which is not there"
            if condition == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}, which has no check"
    assert _waits_for(services["consumer"])["tables"] == "service_completed_successfully"
    assert services["tables"]["command"] == ["db", "upgrade"]


def _waits_for(service: dict[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    return {other: wait["condition"] for other, wait in service.get("depends_on", {}).items()}
