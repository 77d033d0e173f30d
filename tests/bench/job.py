"""What a loop is told to do, and how it is run: in a process of its own, so that its CPU and memory are its own."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

from tests.bench.measuring import Measured

CHECKOUT = Path(__file__).parents[2]


@dataclass(slots=True, frozen=True)
class Job:
    """Read so many records of a topic from its beginning, as a new group, into an empty database.

    `database` is a URL as psycopg takes it; `layout`, the name of the layout that its tables have. Without a
    `redis_url` there is no filter. `postgres_pid` is the server's process where it is ours to look at; `rss_at`, the
    numbers of events at which to note the memory used.
    """

    kafka: str
    topic: str
    group: str
    records: int
    database: str
    layout: str
    redis_url: str | None
    postgres_pid: int | None
    rss_at: tuple[int, ...]
    batch_size: int = 1_000
    mode: Literal["memory", "memory+dedup"] = "memory"

    @classmethod
    def given(cls) -> Self:
        """The job that this process was started for."""
        return cls(**json.loads(sys.argv[1]))

    @staticmethod
    def done(measured: Measured) -> None:
        """Tell whoever started this process."""
        sys.stdout.write(measured.to_json() + "\n")


class LoopFailed(Exception):
    """A loop ended before it was through. `str()` ends with what it said."""


def run(module: str, job: Job, *, seconds: float = 300.0) -> Measured:
    """Run the module's loop and wait for it, so long at most. Raises `LoopFailed`."""
    command = [sys.executable, "-m", module, json.dumps(asdict(job))]
    try:
        done = subprocess.run(command, cwd=CHECKOUT, check=False, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as late:
        raise LoopFailed(f"{module} was not through after {seconds:g} s.\n{_tail(late.stderr)}") from late
    if done.returncode:
        raise LoopFailed(f"{module} ended with status {done.returncode}.\n{_tail(done.stderr)}")
    return Measured.from_json(done.stdout.splitlines()[-1])


def _tail(output: Any) -> str:
    text = output.decode(errors="replace") if isinstance(output, bytes) else output or ""
    return "\n".join(text.splitlines()[-20:])
