"""What operators do while the group runs. Records that are read again have to end as what they are: known."""

import random
import subprocess
import sys

from tests.chaos.consumers import environment, settings
from tests.chaos.siege.database_faults import LOCKS, READ_ONLY
from tests.chaos.siege.kafka_faults import THE_BROKER
from tests.chaos.siege.sequence import Heal, Kind, already_well, found_nothing
from tests.chaos.siege.site import PARTITIONS, Site

NOTHING_TO_REWIND = ("nothing is moved", "has no position to move")
"""What is said of a partition that was not read so far, or not at all."""

NOTHING_TO_DECIDE = ("there is no pair", "is not what it was", "lock timeout")
"""What is said of a pair of which a memory has changed meanwhile, or whose owner a frozen consumer has locked."""


def rewound(site: Site, chance: random.Random) -> Heal:
    """One partition is moved back by some records. Refused where it has not come so far yet."""
    partition = chance.randrange(PARTITIONS)
    where, by = ("--partition", str(partition)), ("--by", str(chance.randint(1, 100)))
    is_done = _told(site, "offsets", "rewind", *where, *by, "--yes", refused=NOTHING_TO_REWIND)
    site.rewinds[partition] += is_done
    return already_well if is_done else found_nothing


def decided(site: Site, chance: random.Random) -> Heal:
    """A person says of a pair that they are one thing, or that they are two; perhaps not for the first time."""
    pairs = [pair for (pair,) in site.sql.execute("SELECT id FROM reviews ORDER BY id")]
    if not pairs:
        return found_nothing
    decision, pair = chance.choice(("accept", "reject")), chance.choice(pairs)
    is_done = _told(site, "review", decision, str(pair), refused=NOTHING_TO_DECIDE)
    return already_well if is_done else found_nothing


def _told(site: Site, *command: str, refused: tuple[str, ...]) -> bool:
    """Give a command, and wait for it. False where it was refused in one of these words."""
    services, topics = site.services, site.topics
    told = settings(services.kafka, services.database_url, services.redis_url, topics.source, topics.letters)
    done = subprocess.run(
        [sys.executable, "-m", "consumer", *command, "--reason", "the siege"],
        env=environment(told),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 or any(words in done.stderr for words in refused), done.stderr
    return done.returncode == 0


# Not while what they need is away: whoever injects and heals waits for the command to end.
KINDS = (Kind("operator rewinds", rewound, weight=3, targets=frozenset({LOCKS, READ_ONLY, THE_BROKER})),)
OF_CLUSTERS = (Kind("operator decides a pair", decided, weight=6, targets=frozenset({LOCKS, READ_ONLY})),)
