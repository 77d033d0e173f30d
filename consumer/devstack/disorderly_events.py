"""A stream as it comes in real life: repeated, updated, late, deleted and broken events among the good ones.

Each record says how it is to end, provided that records of the same key stay in order. Nothing depends on the order
between keys.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from typing import NamedTuple

from consumer.devstack.broken_events import BREAKAGES
from consumer.devstack.sample_events import created, deleted, updated
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import Raw, to_raw
from consumer.records import CREATED, DELETED, OVERTAKEN, SAME_EVENT, UPDATED, Category, Kind, Outcome

INVALID = Outcome(Kind.DEAD_LETTERED, Category.VALIDATION)
ID_REUSED = Outcome(Kind.DEAD_LETTERED, Category.DEDUPLICATION)

_REMEMBERED = 1_000
"""How many of the latest memories are repeated, updated and deleted; so that a long stream takes no more memory."""


class Sample(NamedTuple):
    """A record to publish, how it is to end, and the code of its dead letter where it is to be one."""

    key: bytes
    value: bytes | None
    outcome: Outcome
    code: str = ""


def disorderly(count: int, seed: int, encode: Callable[[MemoryEvent | Raw], bytes]) -> Iterator[Sample]:
    """So many records, the same ones for the same seed."""
    return islice(_Disorder(random.Random(seed), encode).samples(), count)


class _Disorder:
    def __init__(self, chance: random.Random, encode: Callable[[MemoryEvent | Raw], bytes]) -> None:
        self._chance = chance
        self._encode = encode
        self._living: deque[MemoryEvent] = deque(maxlen=_REMEMBERED)
        self._breakages = cycle(BREAKAGES)
        self._index = 0
        # Of a thousand records so many are of each kind.
        self._kinds = {
            self._new: 799,
            self._repeated: 50,
            self._updated: 100,
            self._late: 20,
            self._deleted: 20,
            self._broken: 10,
            self._reused_id: 1,
        }

    def samples(self) -> Iterator[Sample]:
        kinds, weights = list(self._kinds), list(self._kinds.values())
        yield self._new()
        while True:
            (kind,) = self._chance.choices(kinds, weights)
            yield kind() if self._living else self._new()

    def _new(self) -> Sample:
        event = self._next()
        self._living.append(event)
        return self._sample(event, CREATED)

    def _repeated(self) -> Sample:
        return self._sample(self._any(), SAME_EVENT)

    def _updated(self) -> Sample:
        place = self._place()
        self._living[place] = updated(self._chance, self._living[place], timedelta(minutes=1))
        return self._sample(self._living[place], UPDATED)

    def _late(self) -> Sample:
        return self._sample(updated(self._chance, self._any(), timedelta(minutes=-1)), OVERTAKEN)

    def _deleted(self) -> Sample:
        place = self._place()
        event = deleted(self._chance, self._living[place], timedelta(minutes=1))
        del self._living[place]
        return self._sample(event, DELETED)

    def _broken(self) -> Sample:
        breakage = next(self._breakages)
        event = self._next()
        return Sample(event.memory_id.encode(), breakage.value(to_raw(event), self._encode), INVALID, breakage.code)

    def _reused_id(self) -> Sample:
        """An event under an id that another memory's event had; under that one's key, so that it is read after it."""
        first = self._any()
        second = replace(self._next(), event_id=first.event_id)
        return Sample(first.memory_id.encode(), self._encode(second), ID_REUSED, "event_id_reused")

    def _next(self) -> MemoryEvent:
        self._index += 1
        return created(self._chance, self._index)

    def _any(self) -> MemoryEvent:
        return self._living[self._place()]

    def _place(self) -> int:
        return self._chance.randrange(len(self._living))

    def _sample(self, event: MemoryEvent, outcome: Outcome) -> Sample:
        return Sample(event.memory_id.encode(), self._encode(event), outcome)
