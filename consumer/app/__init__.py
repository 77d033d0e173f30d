"""The composition root: the only place where parts are built and put together.

`consuming` builds a whole consumer; here is what the other commands need.
"""

from consumer.app.databases import (
    close_breaker,
    database,
    database_version,
    memory_reader,
    open_breaker,
    operations,
    position_moves,
    upgrade_database,
)
from consumer.app.kafka import event_encoder, group_positions, publisher

__all__ = [
    "close_breaker",
    "database",
    "database_version",
    "event_encoder",
    "group_positions",
    "memory_reader",
    "open_breaker",
    "operations",
    "position_moves",
    "publisher",
    "upgrade_database",
]
