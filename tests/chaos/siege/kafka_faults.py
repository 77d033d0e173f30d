"""What can be wrong with Kafka, and with what lies in its topics."""

import os
import random
import signal
from functools import partial

from tests.chaos.siege.sequence import Heal, Kind, already_well
from tests.chaos.siege.site import Broker, Site

THE_BROKER = "the broker"


def frozen(site: Site, _: random.Random) -> Heal:
    """The broker stands still: connections are open, and nothing is answered."""
    pid = _broker(site).pid
    os.kill(pid, signal.SIGSTOP)
    return partial(os.kill, pid, signal.SIGCONT)


def away(site: Site, _: random.Random) -> Heal:
    """Connections are cut, new ones refused."""
    way = _broker(site).way
    way.cut()
    return way.mend


def cut(site: Site, _: random.Random) -> Heal:
    """Connections are cut; new ones are welcome."""
    way = _broker(site).way
    way.cut()
    way.mend()
    return already_well


def slow(site: Site, chance: random.Random) -> Heal:
    """Every piece of data takes its time."""
    way = _broker(site).way
    way.slow(chance.uniform(0.02, 0.2))
    return partial(way.slow, 0.0)


def gaps(site: Site, _: random.Random) -> Heal:
    """A transaction that is committed, and one that is aborted: offsets without a record that counts."""
    site.publisher.leave_gaps()
    return already_well


def _broker(site: Site) -> Broker:
    assert site.services.broker is not None, "only a broker of our own is made ill"
    return site.services.broker


OF_ANY_BROKER = (Kind("gaps in the topic", gaps, weight=4),)
OF_OUR_BROKER = (
    Kind("broker away", away, weight=3, lasts=(0.2, 3.0), targets=frozenset({THE_BROKER})),
    Kind("broker's connections cut", cut, weight=4, targets=frozenset({THE_BROKER})),
    Kind("broker slow", slow, weight=3, lasts=(0.5, 2.5), targets=frozenset({THE_BROKER})),
    Kind("broker frozen", frozen, weight=4, lasts=(0.3, 3.0), targets=frozenset({THE_BROKER})),
)
