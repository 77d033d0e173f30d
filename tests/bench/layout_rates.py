"""How fast each table layout fills, without Kafka and without Avro: staged COPY transactions alone."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from consumer.devstack.sample_events import events
from consumer.memory.raw_form import to_raw
from tests.bench.checking import check_memories
from tests.bench.databases import database_with, log_position
from tests.bench.layouts import LAYOUTS, Layout, Raw
from tests.bench.measuring import Measured, Meter
from tests.bench.rounds import in_rounds
from tests.bench.servers import Database
from tests.bench.staging import Staging

BATCH_SIZE = 1_000


def measure_layouts(server: Database, count: int, rounds: int) -> dict[str, list[Measured]]:
    """The runs of each layout, by its name, all with the same events. Raises `WrongResult`."""
    raws = [to_raw(event) for event in events(count)]
    return in_rounds(rounds, {layout.name: partial(fill, server, layout, raws) for layout in LAYOUTS})


def fill(server: Database, layout: Layout, raws: Sequence[Raw]) -> Measured:
    """Fill an empty database with the events."""
    with database_with(server.url, layout) as database:
        staging = Staging(database, layout)
        meter, begun = Meter(len(raws), server.pid), log_position(database)
        for start in range(0, len(raws), BATCH_SIZE):
            batch = raws[start : start + BATCH_SIZE]
            staging.write(batch)
            meter.batch_done(len(batch))
        measured = meter.result()
        staging.close()
        written = log_position(database) - begun
        check_memories(f"layout {layout.name}", database, len(raws))
    return replace(measured, log_bytes=written / len(raws))
