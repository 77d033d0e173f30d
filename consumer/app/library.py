"""A processor, put together: for programs that have events and a database, and no Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from consumer.adapters.sql.memory_reader import MemoryReader
from consumer.adapters.sql.store import SqlStore
from consumer.app.databases import database, memory_reader
from consumer.app.policies import bands_and_bounds, membership
from consumer.planning import Planner
from consumer.process.clock import SystemClock
from consumer.processing import GivenEvents, Processor
from consumer.settings import load_from_program
from consumer.tolerance import Tolerance

LIBRARY = "library"


@contextmanager
def processor(database_url: str, *, mode: str = "memory", name: str = LIBRARY, **settings: Any) -> Iterator[Processor]:
    """A processor on this database, of the mode `memory` or `memory+dedup`.

    Its counts stand under `name`, where a consumer's stand under its group. `settings` are those of a batch
    (`batch_size=500`, `similarity_folded=0.9`, `continue_on_error=False`), by the names in docs/configuration.md; what
    is about gathering, the breaker and progress does not matter here. A SQLite file is made and brought up to date.

    Raises `SettingsError` for a database that is not served, and for a setting that is none, out of its range or at
    odds with another; `Fatal` where `db upgrade` has to be run first, `Transient` where the database does not answer.
    """
    checked = load_from_program(database_url, name=name, batch={"mode": mode, **settings})
    batch = checked.batch
    rules = bands_and_bounds(batch)
    clock, given = SystemClock(), GivenEvents()
    planner = Planner(
        given, max_record_bytes=batch.max_record_bytes, max_ahead=timedelta(seconds=batch.max_event_ahead_seconds)
    )
    with database(checked.database) as engine:
        store = SqlStore(engine, name, clock, rules=rules, membership=membership(batch))
        borne = Tolerance(batch.continue_on_error, validate_first=batch.validate_first)
        yield Processor(store, given, planner, clock, batch.batch_size, borne)


@contextmanager
def reader(database_url: str) -> Iterator[MemoryReader]:
    """What is stored in this database, to be asked. Writes nothing, and makes none.

    Raises `SettingsError` for one that is not served, `Fatal` where there is none or `db upgrade` has to be run first,
    `Transient` where it does not answer.
    """
    with memory_reader(load_from_program(database_url).database) as opened:
        yield opened
