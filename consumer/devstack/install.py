"""Install the parts of the extra `devstack`, as many as there are for this Python and platform.

    python -m consumer.devstack.install

What is missing is named, and does no harm: a program of the machine may serve in its place.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import requires

_PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:")


def main() -> None:
    """Install all parts in one go; where that fails, one by one, naming those that are not to be had."""
    parts = parts_of_extra(requires("memory-consumer") or [])
    if _install(parts) is None:
        return
    for part in parts:
        if trouble := _install([part]):
            sys.stderr.write(f"Going on without {name_of(part)}: {trouble}\n")


def parts_of_extra(requirements: Sequence[str], extra: str = "devstack") -> list[str]:
    """The requirements of an extra, less the condition that the extra is asked for; other conditions stay."""
    asked_for = re.compile(rf"""\s*(?:and\s+)?extra == ['"]{extra}['"]""")
    return [asked_for.sub("", each).rstrip("; ") for each in requirements if asked_for.search(each)]


def name_of(requirement: str) -> str:
    """The distribution's name alone."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _install(parts: Sequence[str]) -> str | None:
    """None when it worked, else pip's last words."""
    done = subprocess.run([*_PIP, *parts], check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return said[-1].removeprefix("ERROR: ") if said else f"pip ended with status {done.returncode}"


if __name__ == "__main__":
    main()
