"""A member: what one publisher told, complete with its text, and what follows from it for comparing. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from consumer.memory.merging.blocking import blocking_keys, content_key
from consumer.memory.merging.similarity import Traits, traits_of
from consumer.memory.model import Memory


@dataclass(frozen=True)
class Member:
    """An original. `traits` is what of it is compared; `content_key`, the key in common with all that say the same."""

    memory_id: str
    occurred_at: datetime
    memory: Memory
    traits: Traits = field(init=False, repr=False, compare=False)
    content_key: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        traits = traits_of(self.memory)
        object.__setattr__(self, "traits", traits)
        object.__setattr__(self, "content_key", content_key(self.memory.owner_id, traits))

    @cached_property
    def keys(self) -> list[int]:
        """The keys under which it is found, should it found a cluster. Worked out when first asked for."""
        return blocking_keys(self.memory.owner_id, self.traits)

    def worded_as(self, twin: "Member") -> "Member":
        """The same in the words of another that says the same."""
        if self.memory.content == twin.memory.content:
            return self
        return replace(self, memory=replace(self.memory, content=twin.memory.content))

    @property
    def age(self) -> tuple[datetime, str]:
        """Sorts the oldest first."""
        return (self.occurred_at, self.memory_id)
