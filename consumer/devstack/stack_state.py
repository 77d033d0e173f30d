"""What `stack up` left running, written down so that another process can find it and end exactly that."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

_SAME_MOMENT_SECONDS = 1.0


@dataclass(slots=True, frozen=True)
class RunningServer:
    """A server in the background. `created` (seconds since the epoch) tells its process from a later one of that id."""

    name: str
    address: str
    variable: str
    pid: int
    created: float
    stop_signal: int

    def process(self) -> psutil.Process | None:
        """The process, if it is still this one."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < _SAME_MOMENT_SECONDS
            return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


@dataclass(slots=True, frozen=True)
class Stack:
    """The servers that run, where their data are, and why others don't run."""

    servers: list[RunningServer]
    data: Path
    missing: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The settings that make `memory-consumer` use these servers."""
        return {server.variable: server.address for server in self.servers}

    def is_whole(self) -> bool:
        """Whether all of it still runs."""
        return all(server.process() for server in self.servers)

    def save(self, file: Path) -> None:
        """Write it down; whoever reads at that moment sees the old or the new."""
        beside = file.with_suffix(".new")
        beside.write_text(json.dumps({**asdict(self), "data": str(self.data)}, indent=2))
        beside.rename(file)

    @classmethod
    def load(cls, file: Path) -> Self | None:
        """What was written down; None when nothing was."""
        if not file.exists():
            return None
        content = json.loads(file.read_text())
        servers = [RunningServer(**server) for server in content["servers"]]
        return cls(servers, Path(content["data"]), content["missing"])


def state_directory() -> Path:
    """Where the stack of this user is written down."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "memory-consumer" / "stack"
