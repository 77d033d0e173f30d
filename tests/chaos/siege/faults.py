"""All kinds of faults."""

from tests.chaos.siege import database_faults, kafka_faults, member_faults, operator_faults, redis_faults

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
