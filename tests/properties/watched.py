"""The ports, with a point before and after every call: there a test may crash, fail, or let another worker go on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, event

from consumer.batching import BatchLimits
from consumer.memory.model import MemoryEvent
from consumer.ports import DeadLetters, Decoder, Findings, SeenFilter, Settlement, Store
from consumer.records import (
    Batch,
    Changes,
    Claim,
    Found,
    KeptPayload,
    Plan,
    Record,
    Rejection,
    TopicPartition,
    Written,
)
from tests.fakes.kafka import FakeSource

Reach = Callable[[str], None]
"""Called at each point with its name. Raises, blocks, or returns."""

Result = TypeVar("Result")


def _around(reach: Reach, name: str, call: Callable[[], Result]) -> Result:
    reach(f"{name}: before")
    result = call()
    reach(f"{name}: after")
    return result


class WatchedSource:
    """`Source` and `Assignment`."""

    def __init__(self, inner: FakeSource, reach: Reach) -> None:
        self._inner = inner
        self._reach = reach

    @property
    def is_behind(self) -> bool:
        return self._inner.is_behind

    def poll(self, limits: BatchLimits) -> Batch | None:
        return _around(self._reach, "poll", lambda: self._inner.poll(limits))

    def hold(self, seconds: float, is_over: Callable[[], bool]) -> None:
        _around(self._reach, "hold", lambda: self._inner.hold(seconds, is_over))

    def commit(self, claims: Mapping[TopicPartition, Claim]) -> None:
        _around(self._reach, "commit", lambda: self._inner.commit(claims))

    def close(self) -> None:
        _around(self._reach, "close", self._inner.close)

    def changes(self) -> Changes:
        return _around(self._reach, "changes", self._inner.changes)

    def look_up(self, sources: Collection[TopicPartition]) -> Findings:
        return _around(self._reach, "look_up", lambda: self._inner.look_up(sources))

    def start(self, source: TopicPartition, offset: int) -> None:
        _around(self._reach, "start", lambda: self._inner.start(source, offset))

    def stop(self, source: TopicPartition) -> None:
        _around(self._reach, "stop", lambda: self._inner.stop(source))


class WatchedDecoder:
    """`Decoder`."""

    def __init__(self, inner: Decoder, reach: Reach) -> None:
        self._inner = inner
        self._reach = reach

    def decode(self, record: Record) -> MemoryEvent | Rejection:
        self._reach("decode: before")
        return self._inner.decode(record)


class WatchedFilter:
    """`SeenFilter`."""

    def __init__(self, inner: SeenFilter, reach: Reach) -> None:
        self._inner = inner
        self._reach = reach

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        return _around(self._reach, "maybe", lambda: self._inner.maybe(event_ids))

    def add(self, event_ids: Sequence[UUID]) -> None:
        _around(self._reach, "add", lambda: self._inner.add(event_ids))

    def trouble(self) -> str | None:
        return self._inner.trouble()


class WatchedStore:
    """`Store`. `attempted` is called with the plan after each attempt at a write, however it ended."""

    def __init__(self, inner: Store, reach: Reach, attempted: Callable[[Plan], None]) -> None:
        self._inner = inner
        self._reach = reach
        self._attempted = attempted

    def claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Claim]:
        return _around(self._reach, "claim", lambda: self._inner.claim(found))

    def write(
        self, plan: Plan, suspects: Collection[UUID], claims: Mapping[TopicPartition, Claim], settlement: Settlement
    ) -> Written:
        self._reach("write: before")
        try:
            written = self._inner.write(plan, suspects, claims, settlement)
        finally:
            self._attempted(plan)
        self._reach("write: after")
        return written

    def forget_obeyed(self, claims: Collection[Claim]) -> None:
        _around(self._reach, "forget_obeyed", lambda: self._inner.forget_obeyed(claims))

    def positions(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
        return _around(self._reach, "positions", lambda: self._inner.positions(sources))


class WatchedDeadLetters:
    """`DeadLetters`, with a point between any two letters."""

    def __init__(self, inner: DeadLetters, reach: Reach) -> None:
        self._inner = inner
        self._reach = reach

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        self._reach("send: before")
        kept: list[KeptPayload] = []
        for rejection in rejections:
            self._reach("send: letter")
            kept.extend(self._inner.send([rejection]))
        self._reach("send: after")
        return kept


class WatchedEngine:
    """An engine with points before BEGIN, before every statement and before COMMIT.

    It serves one process after the other, because a new one would have to compile every statement anew.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reach: Reach = lambda point: None
        event.listen(engine, "begin", self._begin, insert=True)
        event.listen(engine, "before_cursor_execute", self._execute)
        event.listen(engine, "commit", self._commit)

    def _begin(self, _: Connection) -> None:
        self.reach("sql: begin")

    def _execute(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.reach(f"sql: {statement.split(None, 1)[0].lower()}")

    def _commit(self, _: Connection) -> None:
        self.reach("sql: commit")
