"""What can happen to the consumers themselves. It finds nothing where one is only starting."""

import random
from threading import Event

from tests.chaos.siege import redis_faults
from tests.chaos.siege.sequence import Heal, Kind, already_well, found_nothing
from tests.chaos.siege.site import Site

FROZEN = "the frozen consumer"
"""One at a time, so that there is always somebody awake."""

PAST_THE_SESSION = (3.0, 5.0)
"""Seconds."""

BELOW_THE_FILTERS_TIMEOUT = 0.08
"""Seconds that each piece of data waits, on the way there and on the way back."""


def killed(site: Site, chance: random.Random) -> Heal:
    """SIGKILL, wherever it is."""
    return already_well if site.members.kill_one(chance) else found_nothing


def frozen(site: Site, chance: random.Random) -> Heal:
    """SIGSTOP, wherever it is; woken later."""
    had_begun = site.members.freeze_one(chance)

    def heal() -> bool:
        site.members.wake_all()
        return had_begun

    return heal


def frozen_with_a_batch(site: Site, chance: random.Random) -> Heal:
    """SIGSTOP, while a slow Redis makes it likely that it has records in hand and has not begun their transaction.

    Woken, it goes on to write them before it hears that they are somebody else's by now.
    """
    site.redis.slow(BELOW_THE_FILTERS_TIMEOUT)
    Event().wait(chance.uniform(0.3, 0.6))
    had_begun = site.members.freeze_one(chance)

    def heal() -> bool:
        site.members.wake_all()
        site.redis.slow(0.0)
        return had_begun

    return heal


def replaced(site: Site, chance: random.Random) -> Heal:
    """SIGTERM, and another in its place."""
    return already_well if site.members.replace_one(chance) else found_nothing


def joined(site: Site, chance: random.Random) -> Heal:
    """One more."""
    site.members.one_more(chance)
    return already_well


def left(site: Site, chance: random.Random) -> Heal:
    """One less."""
    return already_well if site.members.one_less(chance) else found_nothing


KINDS = (
    Kind("consumer killed", killed, weight=10),
    Kind("consumer frozen past its session", frozen, weight=5, lasts=PAST_THE_SESSION, targets=frozenset({FROZEN})),
    Kind("consumer frozen for a moment", frozen, weight=5, lasts=(0.2, 1.8), targets=frozenset({FROZEN})),
    Kind(
        "consumer frozen with records in hand",
        frozen_with_a_batch,
        weight=5,
        lasts=PAST_THE_SESSION,
        targets=frozenset({FROZEN, redis_faults.THE_WAY}),
    ),
    Kind("consumer replaced", replaced, weight=4),
    Kind("consumer joins", joined, weight=3),
    Kind("consumer leaves", left, weight=3),
)
