"""What operators do while the group runs. Records are read again then, and have to end as what they are: known."""

import random
import subprocess
import sys

from tests.chaos.consumers import environment, settings
from tests.chaos.siege.database_faults import LOCKS, READ_ONLY
from tests.chaos.siege.kafka_faults import THE_BROKER
from tests.chaos.siege.sequence import Heal, Kind, already_well, found_nothing
from tests.chaos.siege.site import PARTITIONS, Site

REFUSED = ("nothing is moved", "has no position to move")
"""What is said of a partition that was not read so far, or not at all."""


def rewound(site: Site, chance: random.Random) -> Heal:
    """One partition is moved back by some records. Refused where it has not come so far yet."""
    partition = chance.randrange(PARTITIONS)
    where, by = ("--partition", str(partition)), ("--by", str(chance.randint(1, 100)))
    services, topics = site.services, site.topics
    done = subprocess.run(
        [sys.executable, "-m", "consumer", "offsets", "rewind", *where, *by, "--reason", "the siege", "--yes"],
        env=environment(
            settings(services.kafka, services.database_url, services.redis_url, topics.source, topics.letters)
        ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 or any(why in done.stderr for why in REFUSED), done.stderr
    site.rewinds[partition] += done.returncode == 0
    return already_well if done.returncode == 0 else found_nothing


KINDS = (
    # Not while what they need is away: whoever injects and heals waits for the command to end.
    Kind("operator rewinds", rewound, weight=3, targets=frozenset({LOCKS, READ_ONLY, THE_BROKER})),
)
