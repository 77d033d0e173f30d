"""More to be compared in a batch than the time of a transaction allows: valid, and done all the same."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from string import ascii_lowercase

import pytest

from consumer.adapters.sql.dialects import Timeouts
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.clustering import Clustering
from consumer.adapters.sql.migrating import upgrade
from consumer.adapters.sql.store import SqlStore
from consumer.memory.model import MemoryEvent
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.records import Record
from consumer.tolerance import Tolerance
from tests.contracts.clustered import told
from tests.core.test_worker import ZERO, Bench, HinderedStore

EVENTS = 80
WORDS = 9_000
TIMEOUTS = Timeouts(idle=0.4)
"""All of them at once take seconds; one alone, milliseconds."""


class LongTexts:
    """A value is the name of a memory of thousands of words; each shares enough with each other to be compared."""

    def decode(self, record: Record) -> MemoryEvent:
        name = (record.value or b"").decode()
        chance = random.Random(name)
        words = ["".join(chance.choices(ascii_lowercase, k=4)) for _ in range(WORDS)]
        return told(name, " ".join(words))


@pytest.mark.proof
def test_a_batch_that_takes_longer_than_a_transaction_may_is_done(fresh_database: Callable[[], str]) -> None:
    engine = open_engine(fresh_database())
    upgrade(engine)
    bench = Bench(engine, Tolerance())
    store = HinderedStore(SqlStore(engine, "g", bench.clock, timeouts=TIMEOUTS, membership=Clustering))
    names = [f"m{number}" for number in range(EVENTS)]
    bench.publish(ZERO, *names)
    planner = Planner(LongTexts(), max_record_bytes=1_000, max_ahead=timedelta(minutes=5))
    ownership = Ownership(bench.source, store, bench.clock)
    replace(bench.worker, store=store, ownership=ownership, planner=planner).run()
    assert bench.stored() == set(names)
    print(f"tried {store.asked} at once")
    engine.dispose()
