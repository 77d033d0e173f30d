"""What can be wrong with Kafka, and with what lies in its topics."""

import os
import random
import signal
from functools import partial

from tests.chaos.siege.sequence import Heal, Kind, already_well
from tests.chaos.siege.site import Site

THE_BROKER = "the broker"


def frozen(site: Site, _: random.Random) -> Heal:
    """The broker stands still: connections are open, and nothing is answered."""
    pid = site.services.broker_pid
    assert pid is not None, "only a broker of our own is frozen"
    os.kill(pid, signal.SIGSTOP)
    return partial(os.kill, pid, signal.SIGCONT)


def gaps(site: Site, _: random.Random) -> Heal:
    """A transaction that is committed, and one that is aborted: offsets without a record that counts."""
    site.publisher.leave_gaps()
    return already_well


OF_ANY_BROKER = (Kind("gaps in the topic", gaps, weight=4),)
OF_OUR_BROKER = (Kind("broker frozen", frozen, weight=4, lasts=(0.3, 3.0), targets=frozenset({THE_BROKER})),)
