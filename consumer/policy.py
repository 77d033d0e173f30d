"""When something that is away is asked again. Policies are frozen; time is passed in."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Recovery:
    """How often something that is away is tried again: after `first` seconds, then after twice as many each time, up to
    `longest`; each wait shortened by up to a half, so that many consumers don't ask in step."""

    first: float = 1.0
    longest: float = 30.0

    def wait(self, failures: int, chance: Callable[[], float] = random.random) -> float:
        """Seconds to wait after that many failures in a row, counted from 1."""
        whole = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return whole * (1.0 - chance() / 2.0)


class Availability:
    """Whether to ask a helper that may be away. After a failure it is left alone for a while, then probed."""

    def __init__(self, recovery: Recovery) -> None:
        self._recovery = recovery
        self._failures = 0
        self._again_at = 0.0
        self.trouble: str | None = None

    def may_ask(self, now: float) -> bool:
        """Whether it is time to ask."""
        return self.trouble is None or now >= self._again_at

    def failed(self, why: str, now: float) -> bool:
        """Note a failure. True when it is the first: the moment to say so."""
        is_news = self.trouble is None
        self._failures += 1
        self._again_at = now + self._recovery.wait(self._failures)
        self.trouble = why
        return is_news

    def worked(self) -> bool:
        """Note a success. True when it ends a spell of failures."""
        is_news = self.trouble is not None
        self._failures, self.trouble = 0, None
        return is_news
