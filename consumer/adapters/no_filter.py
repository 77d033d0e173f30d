"""The filter of a consumer that has none."""

from collections.abc import Collection, Sequence
from uuid import UUID


class NoFilter:
    """Implements `ports.SeenFilter`: every event may be known, so that each is looked up in the database."""

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        """All of them."""
        return frozenset(event_ids)

    def add(self, event_ids: Sequence[UUID]) -> None:
        """Nothing is remembered."""

    def trouble(self) -> str | None:
        """That there is no filter, and how to have one."""
        return "not configured: CONSUMER_REDIS_URL is not set"
