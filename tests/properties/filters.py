"""Filters of every temper. What they remember outlives the process that uses them, as Redis does."""

from collections.abc import Callable, Collection, Sequence
from uuid import UUID


class Exact:
    """Knows what it was told, and nothing else."""

    def __init__(self) -> None:
        self.known: set[UUID] = set()

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        return self.known.intersection(event_ids)

    def add(self, event_ids: Sequence[UUID]) -> None:
        self.known.update(event_ids)

    def trouble(self) -> str | None:
        return None


class FalselyAlarmed(Exact):
    """Takes every second id for one that it knows, as a filter that is far too full would."""

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        return self.known.intersection(event_ids) | set(event_ids[::2])


class Forgetful(Exact):
    """Loses everything at each third addition, as a Redis without persistence does when it restarts."""

    def __init__(self) -> None:
        super().__init__()
        self._additions = 0

    def add(self, event_ids: Sequence[UUID]) -> None:
        self._additions += 1
        if self._additions % 3 == 0:
            self.known.clear()
        super().add(event_ids)


class Empty(Exact):
    """Remembers nothing, as if it were lost after every batch: all that is known has to be found out without it."""

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        return ()


class Away(Exact):
    """Never answers: everything may be known."""

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        return event_ids

    def add(self, event_ids: Sequence[UUID]) -> None:
        """Nobody listens."""


TEMPERS: tuple[Callable[[], Exact], ...] = (Exact, FalselyAlarmed, Forgetful, Empty, Away)
