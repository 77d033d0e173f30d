"""The filter of events seen before: Bloom filters in Redis, one for each window of time.

It is a hint and nothing else. A yes may be false and is looked up in the database; a no that is false (the filter was
flushed, or full, or an id was never added) costs speed: the database's unique key decides in any case. So nothing here
ever raises, waits long, or is tried again for the sake of an id.

Only commands that Redis 8, RedisBloom 2 and Valkey's module share are used: BF.INSERT reserves and adds at once,
BF.MEXISTS asks.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import structlog
from redis import Redis, exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from consumer.adapters.redis.generations import Generations
from consumer.adapters.redis.trouble import Side, Trouble, explain
from consumer.errors import SettingsError
from consumer.ports import Clock

log = structlog.get_logger(__name__)

CHUNK = 5_000
"""Ids in one round trip: 80 KB a generation, and a few milliseconds of the server's time."""

Answer = TypeVar("Answer")


class RedisBloomFilter:
    """Implements `ports.SeenFilter`. Keys are `<prefix>:{<group>}:<window number>`: one cluster slot for a group.

    `timeout` bounds, in seconds, connecting and each wait for an answer; how long the resolver takes for the host's
    name, it does not. Nothing is sent before the first question.
    Raises `SettingsError` for a URL that is none.
    """

    def __init__(
        self,
        url: str,
        group: str,
        generations: Generations,
        clock: Clock,
        *,
        timeout: float = 0.2,
        prefix: str = "memory-consumer:seen",
    ) -> None:
        self._redis = _client(url, timeout)
        self._keys = f"{prefix}:{{{group}}}"
        self._generations = generations
        self._clock = clock
        self._reading = Side("every event is looked up in the database")
        self._writing = Side("new ids are not remembered")
        self._said: Trouble | None = None
        self._full: int | None = None

    def maybe(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        """Those that some living generation may hold; all of them where Redis can't be asked."""
        if not event_ids or not self._reading.may_ask(self._clock.monotonic()):
            return frozenset(event_ids)
        found = self._try(self._reading, partial(self._ask, event_ids))
        return frozenset(event_ids) if found is None else found

    def add(self, event_ids: Sequence[UUID]) -> None:
        """Put ids into the newest generation, as far as Redis can be reached and there is room."""
        if not event_ids or self._reading.trouble or not self._writing.may_ask(self._clock.monotonic()):
            return
        self._try(self._writing, partial(self._insert, event_ids))

    def trouble(self) -> str | None:
        """Why the filter is not asked, or not added to."""
        if trouble := self._reading.trouble or self._writing.trouble:
            return trouble
        if self._full == self._generations.number(self._clock.now()):
            return "full: new ids are not remembered in this window"
        return None

    def close(self) -> None:
        """Let the connection go."""
        self._redis.close()

    def _ask(self, event_ids: Sequence[UUID]) -> set[UUID]:
        keys = [self._key(number) for number in self._generations.living(self._clock.now())]
        found: set[UUID] = set()
        for chunk in _chunks(event_ids):
            items = [event_id.bytes for event_id in chunk]
            for answers in self._send([("BF.MEXISTS", key, *items) for key in keys]):
                _raise_first(answers)
                found.update(event_id for event_id, is_known in zip(chunk, answers, strict=True) if is_known)
        return found

    def _insert(self, event_ids: Sequence[UUID]) -> None:
        now = self._clock.now()
        key = self._key(self._generations.number(now))
        room = ("CAPACITY", self._generations.capacity, "ERROR", self._generations.error_rate_of_each, "NONSCALING")
        for chunk in _chunks(event_ids):
            items = [event_id.bytes for event_id in chunk]
            added, expires = self._send(
                [
                    ("BF.INSERT", key, *room, "ITEMS", *items),
                    ("PEXPIRE", key, self._generations.milliseconds_left(now)),
                ]
            )
            if _is_full(added):
                self._say_full(now)
                return
            _raise_first(added)
            _raise_first(expires)

    def _send(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """One round trip. Errors of single commands stand among the answers."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
            return pipeline.execute(raise_on_error=False)

    def _try(self, side: Side, action: Callable[[], Answer]) -> Answer | None:
        try:
            answer = action()
        except Exception as error:  # noqa: BLE001 - a hint must never stop the work, whatever the client raises
            self._failed(side, error)
            return None
        side.worked()
        self._say_if_well_again()
        return answer

    def _failed(self, side: Side, error: Exception) -> None:
        """Drop the connection as well: behind the same name there may be another server by now."""
        trouble = explain(error)
        side.failed(trouble, self._clock.monotonic())
        self._redis.connection_pool.disconnect()
        if self._said is None or (trouble.lasts and not self._said.lasts):
            log.warning("filter out of use", reason=trouble.reason, consequence=side.consequence, advice=trouble.advice)
            self._said = trouble

    def _say_if_well_again(self) -> None:
        if self._said is not None and not (self._reading.trouble or self._writing.trouble):
            log.info("filter in use again", after=self._said.reason)
            self._said = None

    def _say_full(self, now: datetime) -> None:
        number = self._generations.number(now)
        if self._full != number:
            log.warning(
                "filter full, new ids are not remembered in this window",
                capacity=self._generations.capacity,
                window=str(self._generations.window),
                advice="Raise CONSUMER_BLOOM_CAPACITY, or shorten CONSUMER_BLOOM_WINDOW_HOURS.",
            )
        self._full = number

    def _key(self, number: int) -> str:
        return f"{self._keys}:{number}"


def _client(url: str, timeout: float) -> Redis:
    """One more try at once for a connection that went stale; a timeout is not tried again."""
    try:
        return Redis.from_url(
            url,
            protocol=2,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
        )
    except ValueError as error:
        raise SettingsError(
            f"CONSUMER_REDIS_URL can't be used: {error}", advice="Write redis://host:6379/0."
        ) from error


def _chunks(event_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(event_ids), CHUNK):
        yield event_ids[start : start + CHUNK]


def _raise_first(answer: Any) -> None:
    """An error may be the whole answer, or stand in a list of answers."""
    for part in answer if isinstance(answer, list) else [answer]:
        if isinstance(part, Exception):
            raise part


def _is_full(added: Any) -> bool:
    """The answer to an insert is cut at the first id that had no room, with an error in its place."""
    last = added[-1] if isinstance(added, list) and added else added
    return isinstance(last, exceptions.ResponseError) and "full" in str(last).lower()
