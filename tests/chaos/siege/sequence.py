"""Which faults, when, and how long: decided by a seed alone."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.chaos.siege.site import Site

Heal = Callable[[], bool | None]
"""Makes well again what a fault broke. Returns False where it turned out that there was nothing to break."""

PAUSES = (0.2, 1.4)
"""Seconds from one fault to the next: shorter than the recovery from most of them."""


def already_well() -> None:
    """The end of a fault that passes by itself."""


def found_nothing() -> bool:
    """The end of a fault that broke nothing."""
    return False


@dataclass(slots=True, frozen=True)
class Kind:
    """A kind of fault.

    `weight`: how often it is drawn, beside the others. `lasts`: the least and the most seconds until it is healed.
    `targets`: what can be ill of one thing at a time; the next fault of the same target waits until this one is healed.
    """

    name: str
    inject: Callable[["Site", random.Random], Heal]
    weight: int = 1
    lasts: tuple[float, float] = (0.0, 0.0)
    targets: frozenset[str] = frozenset()


class Planned(NamedTuple):
    """A fault to come. `seed` decides whatever else there is to decide about it; `pause` follows it."""

    kind: Kind
    lasts: float
    pause: float
    seed: int

    def chance(self) -> random.Random:
        """The dice for it."""
        return random.Random(self.seed)


def planned(kinds: Sequence[Kind], count: int, seed: int, pauses: tuple[float, float] = PAUSES) -> Iterator[Planned]:
    """So many faults, the same ones for the same seed. Each kind comes once before any is drawn by its weight."""
    chance = random.Random(seed)
    first = chance.sample(kinds, len(kinds))
    drawn = chance.choices(kinds, [kind.weight for kind in kinds], k=max(0, count - len(first)))
    for kind in [*first, *drawn][:count]:
        yield Planned(kind, chance.uniform(*kind.lasts), chance.uniform(*pauses), chance.getrandbits(32))
