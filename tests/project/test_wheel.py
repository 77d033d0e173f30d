"""The wheel alone, outside the checkout, does the whole job: schemas and migrations travel in it."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.project.files import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new virtual environment with the wheel in it, and with our dependencies, but not our checkout."""
    directory = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", directory], cwd=ROOT)
    (wheel,) = directory.glob("*.whl")
    venv = directory / "venv"
    _run([sys.executable, "-m", "venv", "--without-pip", venv], cwd=directory)
    python = venv / "bin" / "python"
    _run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel], cwd=directory)
    site = _run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], cwd=directory).strip()
    # Packages are found along a path in a .pth file; the .pth files there, our editable checkout's, are not read.
    Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return venv / "bin"


def test_it_is_the_wheel_that_is_imported(installed: Path, tmp_path: Path) -> None:
    module = _run([installed / "python", "-c", "import consumer; print(consumer.__file__)"], cwd=tmp_path).strip()
    assert Path(module).is_relative_to(installed.parent)


def test_what_is_no_python_travels_with_it(installed: Path, tmp_path: Path) -> None:
    module = _run([installed / "python", "-c", "import consumer; print(consumer.__file__)"], cwd=tmp_path).strip()
    held = {path.relative_to(Path(module).parent).as_posix() for path in Path(module).parent.rglob("*.*")}
    assert {f"schemas/{path.name}" for path in (ROOT / "schemas").iterdir()} <= held
    assert "devstack/pom.xml" in held


def test_the_wheel_runs_the_demonstration(installed: Path, tmp_path: Path) -> None:
    shown = _run([installed / "memory-consumer", "demo", "--events", "2000", "--json"], cwd=tmp_path)
    result = json.loads(shown.splitlines()[-1])
    assert result["published"] == 2000
    kinds = ("stored", "merged", "duplicates", "dead_lettered")
    assert sum(result[kind] for kind in kinds) == 2000
    assert sum(result["by_category"].values()) == 2000
    assert all(result[kind] for kind in kinds if kind != "merged")


def _run(command: list[str | Path], *, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
