"""A member: what one publisher told, complete with its text, and what follows from it for comparing. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from consumer.memory.merging.blocking import content_key, retelling_keys, source_keys, word_keys
from consumer.memory.merging.similarity import Traits
from consumer.memory.model import Memory

Digest = tuple[str, bytes]
"""What tells those that say the same: the owner, and the hash of the content."""


@dataclass
class Member:
    """An original. `traits` is what of it is compared, `digest` what it says.

    Keys: `content_key` is in common with all that say the same; under the others it is found, should it found a
    cluster.
    """

    memory_id: str
    occurred_at: datetime
    memory: Memory

    def __post_init__(self) -> None:
        owner_id = self.memory.owner_id
        self.traits = traits = Traits(self.memory)
        self.digest: Digest = (owner_id, traits.digest)
        self.content_key = content_key(owner_id, traits)
        self.source_keys = source_keys(owner_id, traits)
        self.retelling_keys = retelling_keys(owner_id, traits)

    @cached_property
    def word_keys(self) -> list[int]:
        """Worked out when first asked for: they are dear."""
        return word_keys(self.memory.owner_id, self.traits)

    @property
    def said_keys(self) -> list[int]:
        """The keys of what it says."""
        return [self.content_key, *self.word_keys]

    @property
    def keys(self) -> list[int]:
        """All keys that its cluster can stand under because of it."""
        return [*self.said_keys, *self.source_keys, *self.retelling_keys]

    def worded_as(self, twin: "Member") -> "Member":
        """The same in the words of another that says the same."""
        if self.memory.content == twin.memory.content:
            return self
        return replace(self, memory=replace(self.memory, content=twin.memory.content))

    @property
    def age(self) -> tuple[datetime, str]:
        """Sorts the oldest first."""
        return (self.occurred_at, self.memory_id)
