"""The jars of a Kafka broker and its tools: fetched by Maven once a machine, kept in the user's cache.

    python -m consumer.devstack.kafka_jars

fetches them ahead of the first start.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from consumer.devstack.process import Command
from consumer.devstack.service import Unavailable

_GOAL = ("dependency:copy-dependencies", "-DincludeScope=runtime")


def kafka_jars() -> Path:
    """The directory of the jars. Raises `Unavailable` where they are not at hand and can't be fetched."""
    pom = files("consumer.devstack").joinpath("pom.xml").read_text()
    # Another list of jars is another directory: what an earlier version of this program fetched may lack some.
    jars = cache_directory() / f"kafka-{_kafka_version(pom)}-{hashlib.sha256(pom.encode()).hexdigest()[:8]}"
    if not jars.is_dir():
        with _one_at_a_time(jars.parent):
            if not jars.is_dir():
                _fetch(pom, jars)
    return jars


def cache_directory() -> Path:
    """Where what was fetched is kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memory-consumer"


def _kafka_version(pom: str) -> str:
    found = re.search(r"<kafka\.version>(.+?)</kafka\.version>", pom)
    if found is None:
        raise ValueError("pom.xml names no kafka.version")
    return found[1]


@contextmanager
def _one_at_a_time(cache: Path) -> Iterator[None]:
    """Hold the others off: Maven's own repository bears no two writers, and one download is enough."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "fetching.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(pom: str, jars: Path) -> None:
    """Fetch beside, then rename: there are all the jars or none."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable(
            "Apache Kafka is not at hand, and there is no Maven (mvn) to fetch it with",
            advice="Install Maven, or name a running broker (the tests read MEMORY_CONSUMER_TEST_KAFKA).",
        )
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=jars.parent) as beside:
        project = Path(beside, "pom.xml")
        project.write_text(pom)
        _run_maven(maven, project, Path(beside, "jars"))
        Path(beside, "jars").rename(jars)


def _run_maven(maven: str, project: Path, output: Path) -> None:
    command: Command = [maven, "--batch-mode", "--quiet", "--file", project, *_GOAL, f"-DoutputDirectory={output}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        reason = "\n".join((done.stdout + done.stderr).strip().splitlines()[:12])
        raise Unavailable(
            f"Maven could not fetch Apache Kafka:\n{reason}", advice="Look at your network and ~/.m2/settings.xml."
        )


if __name__ == "__main__":
    try:
        kafka_jars()
    except Unavailable as unavailable:
        sys.stderr.write(f"Going on without Apache Kafka: {unavailable.reason}\n")
