"""What can be wrong with Redis, and with the way to it. None of it may cost anything but time."""

import random
from functools import partial

import redis

from tests.chaos.siege.sequence import Heal, Kind, already_well, found_nothing
from tests.chaos.siege.site import Site

THE_WAY = "the way to Redis"


def away(site: Site, _: random.Random) -> Heal:
    """Connections are cut, new ones refused."""
    site.redis.cut()
    return site.redis.mend


def hangs(site: Site, _: random.Random) -> Heal:
    """Nothing passes, and nobody is told."""
    site.redis.pause()
    return site.redis.resume


def slow(site: Site, chance: random.Random) -> Heal:
    """Every piece of data takes its time: more than the filter's timeout, or less."""
    site.redis.slow(chance.uniform(0.02, 0.3))
    return partial(site.redis.slow, 0.0)


def emptied(site: Site, _: random.Random) -> Heal:
    """The filter is gone, as after a FLUSHALL. Only the group's own keys go: the server may be somebody else's, too."""
    with redis.Redis.from_url(site.services.redis_url) as client:
        gone = sum(client.delete(key) for key in client.scan_iter(match=f"*{site.topics.source}*"))
    return already_well if gone else found_nothing


def restarted(site: Site, chance: random.Random) -> Heal:
    """Connections are cut, and the filter is gone when Redis comes back."""
    site.redis.cut()
    emptied(site, chance)
    return site.redis.mend


KINDS = (
    Kind("Redis away", away, weight=3, lasts=(0.2, 3.0), targets=frozenset({THE_WAY})),
    Kind("Redis hangs", hangs, weight=3, lasts=(0.2, 3.0), targets=frozenset({THE_WAY})),
    Kind("Redis slow", slow, weight=3, lasts=(0.5, 2.5), targets=frozenset({THE_WAY})),
    Kind("Redis emptied", emptied, weight=3),
    Kind("Redis restarted, empty", restarted, weight=3, lasts=(0.2, 1.0), targets=frozenset({THE_WAY})),
)
