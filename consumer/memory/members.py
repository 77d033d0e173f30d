"""A member: what one publisher told, complete with its text, and what follows from it for comparing. Pure."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from consumer.memory.blocking import blocking_keys, content_key
from consumer.memory.model import Memory
from consumer.memory.similarity import Traits, traits_of


@dataclass(frozen=True)
class Member:
    """An original. What is derived from it is worked out when it is first asked for, and kept."""

    memory_id: str
    occurred_at: datetime
    memory: Memory

    @cached_property
    def traits(self) -> Traits:
        """What of it is compared with others."""
        return traits_of(self.memory)

    @cached_property
    def content_key(self) -> int:
        """The key that it has in common with all that say the same."""
        return content_key(self.memory.owner_id, self.traits)

    @cached_property
    def keys(self) -> list[int]:
        """The keys under which it is found, should it found a cluster."""
        return blocking_keys(self.memory.owner_id, self.traits)

    @property
    def age(self) -> tuple[datetime, str]:
        """Sorts the oldest first."""
        return (self.occurred_at, self.memory_id)
