"""Several consumers of one group on one machine: a process each, because a process uses one core.

The supervisor only waits. It passes on what it is told to stop with; when a child fails, it stops the others too and
ends as that child did, so that whoever runs it sees the failure and starts it again. When it is killed itself, its
children stop too.
"""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import structlog

from consumer.process.lifeline import lifeline
from consumer.process.signals import STOPPING, exit_code

log = structlog.get_logger(__name__)


class Supervisor:
    """Runs a process of each command until all have ended. For the main thread only."""

    def __init__(self, commands: Sequence[list[str]]) -> None:
        self._commands = commands
        self._children: set[int] = set()
        self._is_starting = True
        self._asked: list[int] = []  # signals that came while children were being started

    def run(self) -> int:
        """Start them and wait. Returns 0 when all ended well, else the exit code of the first that did not."""
        code = 0
        with lifeline() as environment, self._passing_signals_on():
            self._start(environment)
            while self._children:
                pid, status = os.wait()
                if pid in self._children:
                    self._children.remove(pid)
                    ended = self._ended(pid, os.waitstatus_to_exitcode(status))
                    code = code or ended
        return code

    def _start(self, environment: Mapping[str, str]) -> None:
        for command in self._commands:
            if self._asked:
                break
            # A group of its own: Ctrl-C at a terminal goes to all of a group, and would reach each child twice.
            pid = os.posix_spawn(command[0], command, environment, setpgroup=0)
            self._children.add(pid)
            log.info("worker started", pid=pid)
        self._is_starting = False
        for number in self._asked:
            self._pass_on(number)

    def _ended(self, pid: int, status: int) -> int:
        """Report the end of a child; a failure stops the others."""
        if status == 0:
            log.info("worker ended", pid=pid)
            return 0
        code = exit_code(-status) if status < 0 else status
        log.error("worker failed; the others are asked to stop", pid=pid, exit_code=code)
        self._pass_on(signal.SIGTERM)
        return code

    def _handle(self, number: int, _: FrameType | None) -> None:
        """A signal may come between a child's start and the note of it: then it waits until all are noted."""
        if self._is_starting:
            self._asked.append(number)
        else:
            self._pass_on(number)

    def _pass_on(self, number: int) -> None:
        for pid in list(self._children):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    @contextmanager
    def _passing_signals_on(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._handle) for number in STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
