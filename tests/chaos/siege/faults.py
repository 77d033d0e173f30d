"""All kinds of faults."""

from collections.abc import Sequence

from tests.chaos.siege import database_faults, kafka_faults, member_faults, operator_faults, redis_faults
from tests.chaos.siege.modes import DEDUP, Mode
from tests.chaos.siege.sequence import Kind

ANYWHERE = (
    *member_faults.KINDS,
    *database_faults.KINDS,
    *redis_faults.KINDS,
    *kafka_faults.OF_ANY_BROKER,
    *operator_faults.KINDS,
)
"""Those that need nothing but the servers' addresses."""

ALL = (*ANYWHERE, *kafka_faults.OF_OUR_BROKER)
"""With those that need the broker to be a child of ours."""


def of(mode: Mode, kinds: Sequence[Kind]) -> Sequence[Kind]:
    """These, and those that there are in this mode alone."""
    return (*kinds, *operator_faults.OF_CLUSTERS) if mode is DEDUP else kinds
