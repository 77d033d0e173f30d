"""Workers that take turns: each runs in a thread of its own, but only one at a time, and from one point to the next.

So two owners meet at every pair of points that a test chooses, the same way each time.
"""

from collections.abc import Callable
from threading import Semaphore, Thread

from tests.properties.mishaps import FOR_EVER, Crash

BOUND = 90.0
"""Seconds of real time after which a worker that does not come to its next point counts as hung."""


class Player:
    """A worker that stops at each point until it is told to go on, or that it is dead.

    `at` names the point at which it stands. `failure` is what it ended with, unless that was a crash.
    """

    def __init__(self) -> None:
        self.at = ""
        self.is_over = False
        self.failure: BaseException | None = None
        self._is_dead = False
        self._may_go = Semaphore(0)
        self._has_stopped = Semaphore(0)
        self._thread: Thread | None = None

    def begin(self, run: Callable[[], None]) -> None:
        """Set it going, up to its first point."""
        self._thread = Thread(target=self._live, args=(run,), daemon=True)
        self._thread.start()
        self._wait_for_stop()

    def reach(self, point: str) -> None:
        """Called by the worker: stop, and go on when it is its turn again."""
        if self._is_dead:
            raise Crash(point)
        self.at = point
        self._has_stopped.release()
        if not self._may_go.acquire(timeout=BOUND) or self._is_dead:
            raise Crash(point)

    def step(self) -> None:
        """Let it go on to its next point."""
        if not self.is_over:
            self._may_go.release()
            self._wait_for_stop()

    def run_to(self, point: str, *, at_most: int = 10_000) -> bool:
        """Let it go on until it stands at that point, or has passed so many others. Whether it stands there."""
        for _ in range(at_most):
            if self.is_over or self.at == point:
                break
            self.step()
        return not self.is_over and self.at == point

    def run_to_the_end(self) -> None:
        """Let it go on until it ends, which it has to."""
        self.run_to("the end", at_most=FOR_EVER)
        assert self.is_over, f"going round in circles at {self.at!r}"

    def crash(self) -> None:
        """Kill it where it stands."""
        self._is_dead = True
        self.run_to_the_end()

    def _live(self, run: Callable[[], None]) -> None:
        try:
            run()
        except Crash:
            pass
        except BaseException as failure:  # noqa: BLE001 - raised again by the test, in its own thread
            self.failure = failure
        finally:
            self.is_over = True
            self._has_stopped.release()

    def _wait_for_stop(self) -> None:
        assert self._has_stopped.acquire(timeout=BOUND), f"the worker hangs behind {self.at!r}"
        if self.failure is not None:
            raise self.failure
