"""A server as a child process: started, waited for, stopped by its process id."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from consumer.errors import ConsumerError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded here, not in the child: between fork and exec as little as possible may happen."""

_LOOK_EVERY_SECONDS = 0.03
_LOG_TAIL_LINES = 25

Command = Sequence[str | Path]
"""A program and its arguments."""


class NotReady(ConsumerError):
    """A server died before it answered, or did not answer in time. `str()` ends with the last lines of its log."""


@dataclass(slots=True, frozen=True)
class Launch:
    """How to start a server.

    `stop_signal` asks it to end in order, and quickly. `user` runs it as somebody else, which only root may do.
    `detached` lets it outlive us; otherwise, on Linux, it gets the stop signal when the *thread* that started it ends,
    however it ends.
    """

    command: Command
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    detached: bool = False


class ServerProcess:
    """A running server. Signals of the terminal don't reach it: whoever started it stops it."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        with launch.log.open("ab") as log:
            self._child = subprocess.Popen(
                list(launch.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=launch.log.parent,
                start_new_session=True,
                preexec_fn=_end_with_parent(launch),  # noqa: PLW1509 (two system calls, no lock)
                **as_user(launch.user),
            )

    @classmethod
    def started(cls, launch: Launch, answers: Callable[[], bool], *, seconds: float = 60.0) -> Self:
        """Start it and wait until it answers. Raises `NotReady` when it does not within so many seconds."""
        server = cls(launch)
        try:
            server._wait_until(answers, seconds)
        except BaseException:
            server.stop(seconds=5.0)
            raise
        return server

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def stop_signal(self) -> signal.Signals:
        """What asks it to end in order."""
        return self._launch.stop_signal

    def stop(self, *, seconds: float = 15.0) -> None:
        """Ask it to end, wait so long, then end it by force."""
        if self._child.poll() is None:
            self._child.send_signal(self._launch.stop_signal)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def let_go(self) -> None:
        """Leave a detached server to itself: from now on nobody here waits for its end."""
        self._child.returncode = 0  # or Python warns of a child left running, which is what we want

    def _wait_until(self, answers: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not answers():
            if self._has_ended_within(_LOOK_EVERY_SECONDS):
                raise NotReady(f"{self._name} ended with status {self._child.returncode}.\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise NotReady(f"{self._name} did not answer within {seconds:g} s.\n{self._log_tail()}")

    def _has_ended_within(self, seconds: float) -> bool:
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def _name(self) -> str:
        return Path(self._launch.command[0]).name

    def _log_tail(self) -> str:
        lines = self._launch.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:]) or "(its log is empty)"


def _end_with_parent(launch: Launch) -> Callable[[], None] | None:
    if launch.detached or _LIBC is None:
        return None
    libc, parent, stop_signal = _LIBC, os.getpid(), int(launch.stop_signal)

    def ask_for_a_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_for_a_signal


def as_user(user: str | None) -> dict[str, Any]:
    """For subprocess: another user, and none of our groups."""
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
