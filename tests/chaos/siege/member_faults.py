"""What can happen to the consumers themselves."""

import random

from tests.chaos.siege.sequence import Heal, Kind, already_well
from tests.chaos.siege.site import Site

FROZEN = "the frozen consumer"
"""One at a time, so that there is always somebody awake."""


def killed(site: Site, chance: random.Random) -> Heal:
    """SIGKILL, wherever it is."""
    site.members.kill_one(chance)
    return already_well


def frozen(site: Site, chance: random.Random) -> Heal:
    """SIGSTOP, wherever it is; woken later."""
    site.members.freeze_one(chance)
    return site.members.wake_all


def replaced(site: Site, chance: random.Random) -> Heal:
    """SIGTERM, and another in its place."""
    site.members.replace_one(chance)
    return already_well


def joined(site: Site, chance: random.Random) -> Heal:
    """One more."""
    site.members.one_more(chance)
    return already_well


def left(site: Site, chance: random.Random) -> Heal:
    """One less."""
    site.members.one_less(chance)
    return already_well


KINDS = (
    Kind("consumer killed", killed, weight=10),
    Kind("consumer frozen past its session", frozen, weight=5, lasts=(3.0, 5.0), target=FROZEN),
    Kind("consumer frozen for a moment", frozen, weight=5, lasts=(0.2, 1.8), target=FROZEN),
    Kind("consumer replaced", replaced, weight=4),
    Kind("consumer joins", joined, weight=3),
    Kind("consumer leaves", left, weight=3),
)
