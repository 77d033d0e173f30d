"""A consumer's place in its group, set by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from consumer.records import TopicPartition

ZERO, ONE = TopicPartition("memories", 0), TopicPartition("memories", 1)


@dataclass
class Place:
    """What the group assigned, and what became of it. Well, unless said otherwise."""

    trouble: str | None = None
    is_member: bool = True
    assigned: Sequence[TopicPartition] = (ZERO, ONE)
    stalled: Sequence[TopicPartition] = ()


@dataclass
class Titles:
    """What is claimed of it."""

    trouble: str | None = None
    claims: Sequence[TopicPartition] = (ZERO, ONE)


@dataclass
class Breaker:
    """Closed, unless said otherwise."""

    trouble: str | None = None
