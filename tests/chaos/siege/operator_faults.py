"""What operators do while the group runs. Records are read again then, and have to end as what they are: known."""

import random
import subprocess
import sys

from tests.chaos.consumers import environment, settings
from tests.chaos.siege.database_faults import LOCKS, READ_ONLY
from tests.chaos.siege.kafka_faults import THE_BROKER
from tests.chaos.siege.sequence import Heal, Kind, already_well
from tests.chaos.siege.site import PARTITIONS, Site


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
    assert done.returncode == 0 or "nothing is moved" in done.stderr, done.stderr
    site.rewinds[partition] += done.returncode == 0
    return already_well


KINDS = (
    # Not while what they need is away: whoever injects and heals waits for the command to end.
    Kind("operator rewinds", rewound, weight=3, targets=frozenset({LOCKS, READ_ONLY, THE_BROKER})),
)
