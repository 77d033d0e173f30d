"""A store at work: what its contracts are tested with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, select, text

from consumer.adapters.sql.store import SqlStore
from consumer.adapters.sql.tables import event_ledger
from consumer.errors import BreakerOpen
from consumer.memory.model import MemoryEvent
from consumer.records import Claim, Found, KeptPayload, Plan, Rejection, TopicPartition, Written
from tests.fakes.clock import HandClock
from tests.stories import MEMORIES, plan

NEW_TOPIC = Found(topic_id="t-1", committed=None, earliest=0, end=0)


class Desk:
    """A store with one partition claimed, and a dead-letter topic that is a list; `kept` are too large for it."""

    def __init__(self, engine: Engine, group: str = "g") -> None:
        self.engine = engine
        self.group = group
        self.store = SqlStore(engine, group, HandClock())
        self.letters: list[Rejection] = []
        self.kept: list[KeptPayload] = []
        self.raises: Exception | None = None
        self.bears = 1_000_000
        self.claims: dict[TopicPartition, Claim] = {}

    def claim(self, source: TopicPartition = MEMORIES, found: Found = NEW_TOPIC) -> Claim:
        self.claims |= self.store.claim({source: found})
        return self.claims[source]

    def bear(self, rejections: Sequence[Rejection]) -> None:
        """A settlement that bears everything, unless the test says otherwise."""
        if len(rejections) > self.bears:
            raise BreakerOpen(f"{len(rejections)} are too many")

    def send(self, rejections: Sequence[Rejection]) -> list[KeptPayload]:
        if self.raises:
            raise self.raises
        self.letters.extend(rejections)
        return self.kept

    def write(self, events: Sequence[MemoryEvent] | Plan, *, suspicious: bool = True) -> Written:
        """Write events where the partition stands; without suspicion nothing is looked up beforehand."""
        position = self.claims[MEMORIES].next_offset
        batch = events if isinstance(events, Plan) else plan(events, first=position)
        suspects = batch.event_ids() if suspicious else []
        written = self.store.write(batch, suspects, self.claims, self)
        for source, next_offset in written.next_offsets.items():
            self.claims[source] = replace(self.claims[source], next_offset=next_offset)
        return written

    def contents(self) -> dict[str, str | None]:
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(text("SELECT memory_id, content FROM memories"))}

    def ledger(self) -> set[Any]:
        with self.engine.connect() as connection:
            return set(connection.scalars(select(event_ledger.c.event_id)))

    def forbid(self, content: str) -> None:
        """From now on the database refuses this content, in a way that no validation could foresee."""
        if self.engine.dialect.name == "postgresql":
            self.alter(f"ALTER TABLE memories ADD CONSTRAINT forbidden CHECK (content NOT LIKE '%{content}%')")
            return
        for when in ("INSERT", "UPDATE"):
            self.alter(
                f"CREATE TRIGGER forbidden_on_{when} BEFORE {when} ON memories"
                f" WHEN NEW.content LIKE '%{content}%' BEGIN SELECT RAISE(ABORT, 'forbidden'); END"
            )

    def alter(self, statement: str) -> None:
        """Do to the tables what an operator may do."""
        with self.engine.begin() as connection:
            connection.execute(text(statement))
