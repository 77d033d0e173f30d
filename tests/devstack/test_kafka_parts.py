"""Where a broker's jars and its Java come from: fake programs in PATH stand for Maven and Java."""

from pathlib import Path

import pytest

from consumer.devstack import java
from consumer.devstack.java import find_java, major_version
from consumer.devstack.kafka_jars import kafka_jars
from consumer.devstack.service import Unavailable

FETCHES = (
    'for word; do case $word in -DoutputDirectory=*) out=${word#*=};; esac; done; mkdir "$out"; echo jar > "$out/k.jar"'
)
FAILS_HALFWAY = f"{FETCHES}; echo no route to host; exit 1"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for fake programs, the first in PATH; the cache is new."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return directory


def test_jars_are_fetched_once(programs: Path) -> None:
    _program(programs / "mvn", f"echo once >> {programs}/calls; {FETCHES}")
    assert [jar.name for jar in kafka_jars().iterdir()] == ["k.jar"]
    assert kafka_jars().is_dir()
    assert (programs / "calls").read_text() == "once\n"


def test_a_fetch_that_fails_leaves_nothing_and_says_why(programs: Path) -> None:
    _program(programs / "mvn", FAILS_HALFWAY)
    with pytest.raises(Unavailable, match="no route to host"):
        kafka_jars()
    _program(programs / "mvn", FETCHES)
    assert (kafka_jars() / "k.jar").is_file()


def test_without_maven_the_reason_is_given(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(Unavailable, match=r"no Maven \(mvn\)"):
        kafka_jars()


@pytest.mark.parametrize(("shown", "major"), [("17.0.15", 17), ("1.8.0_402", 1), ("25", 25)])
def test_javas_version_is_read(programs: Path, shown: str, major: int) -> None:
    _program(programs / "java", f"echo 'openjdk version \"{shown}\"' >&2")
    assert major_version(programs / "java") == major


def test_what_is_no_java_has_no_version(programs: Path) -> None:
    assert major_version(programs / "java") is None


def test_a_java_too_old_is_passed_over(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(programs / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="no Java 17 or later"):
        find_java()


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
