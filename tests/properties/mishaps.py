"""Things going wrong at chosen moments: the process dies, or something that it needs fails for once.

A *point* is a moment at which that can happen: before and after every call of a port, between two dead letters, before
every SQL statement and before COMMIT. Points are counted, so that a mishap is a number: the same one, each time.
"""

import sqlite3
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.exc import OperationalError

from consumer.errors import Transient


class Crash(BaseException):
    """The process is killed. No code of ours may catch it."""


class Fault(StrEnum):
    """What goes wrong."""

    CRASH = "crash"
    FAIL = "fail"


class Mishap(NamedTuple):
    """After `points` more points a fault happens; a failure, at the next point from there on that may fail."""

    points: int
    fault: Fault


FOR_EVER = 10_000
"""Points after which a consumer is going round in circles."""

MAY_FAIL = frozenset(
    {
        "decode: before",
        "write: before",
        "write: after",
        "positions: before",
        "claim: before",
        "claim: after",
        "look_up: before",
        "start: before",
        "send: before",
        "send: letter",
        "send: after",
    }
)
"""Where the ports' contracts allow `Transient`: nothing was changed, or the contract says that it may have been."""


@dataclass
class Script:
    """The mishaps to come, one after the other, over all the lives of a process."""

    mishaps: list[Mishap] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)

    def reach(self, point: str) -> Fault | None:
        """Count a point. Returns what is to happen here."""
        self.reached.append(point)
        assert len(self.reached) < FOR_EVER, f"going round in circles: {self.reached[-8:]}"
        if not self.mishaps:
            return None
        left, fault = self.mishaps[0]
        if left > 0:
            self.mishaps[0] = Mishap(left - 1, fault)
            return None
        if fault is Fault.FAIL and not may_fail(point):
            return None
        del self.mishaps[0]
        return fault


class Life:
    """A process from its start to its end. Once dead, nothing that it calls does anything any more."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.is_dead = False

    def reach(self, point: str) -> None:
        """Go on, or raise what happens here."""
        if self.is_dead:
            raise Crash(point)
        fault = self._script.reach(point)
        if fault is Fault.CRASH:
            self.is_dead = True
            raise Crash(point)
        if fault is Fault.FAIL:
            fail(point)


def may_fail(point: str) -> bool:
    """Whether a failure that passes can happen there."""
    return point in MAY_FAIL or point.startswith("sql: ")


def fail(point: str) -> None:
    """Raise what the caller would get if something broke there for a moment."""
    if point.startswith("sql: "):
        raise OperationalError(point, {}, sqlite3.OperationalError("disk I/O error"))
    raise Transient(point)


def crashes(*points: int) -> Script:
    """A script that crashes at these points, each counted from the one before."""
    return Script([Mishap(number, Fault.CRASH) for number in points])
