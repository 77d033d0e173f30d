"""The loops that are compared, and one run of each: a new group, an empty database, and a look at what it left."""

from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from tests.bench.checking import SameContents, check_counted, check_memories
from tests.bench.databases import database_with
from tests.bench.job import Job, run
from tests.bench.layouts import STANDING, WIDE, Layout
from tests.bench.measuring import Measured
from tests.bench.servers import Servers
from tests.bench.streams import Stream


@dataclass(slots=True, frozen=True)
class Loop:
    """A way to get records from Kafka into PostgreSQL.

    `module` is run with a job. `counts`: whether it counts records in the partition rows. `mode`: the consumer's.
    """

    title: str
    module: str
    layout: Layout = STANDING
    has_filter: bool = False
    counts: bool = False
    mode: Literal["memory", "memory+dedup"] = "memory"


BARE = Loop("bare loop", "tests.bench.bare")
BARE_WIDE = Loop("bare loop, one wide table", "tests.bench.bare", layout=WIDE)
OURS = Loop("memory-consumer, no filter", "tests.bench.ours", counts=True)
OURS_WITH_FILTER = Loop("memory-consumer, Bloom filter", "tests.bench.ours", has_filter=True, counts=True)
OURS_WITH_DEDUP = Loop(
    "memory-consumer, memory+dedup", "tests.bench.ours", has_filter=True, counts=True, mode="memory+dedup"
)


def run_loop(loop: Loop, servers: Servers, stream: Stream, same: SameContents, rss_at: tuple[int, ...]) -> Measured:
    """Have the loop read the whole stream. Raises `WrongResult` or `LoopFailed`."""
    with database_with(servers.database.url, loop.layout) as database:
        measured = run(
            loop.module,
            Job(
                kafka=servers.kafka,
                topic=stream.topic,
                group=f"bench-{uuid4().hex[:8]}",
                records=stream.records,
                database=database,
                layout=loop.layout.name,
                redis_url=servers.redis_url if loop.has_filter else None,
                postgres_pid=servers.database.pid,
                rss_at=rss_at,
                mode=loop.mode,
            ),
        )
        check_memories(loop.title, database, stream.distinct)
        if loop.layout is STANDING:
            same.check(loop.title, database)
        if loop.counts:
            check_counted(loop.title, database, stream.records)
    return measured
