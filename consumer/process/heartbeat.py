"""A running consumer's signs of life, for `status`: what it says of itself, every few seconds, in the database.

They are told by a thread of their own, so that a consumer with nothing to do, or one that waits, is not taken for dead.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event, Thread
from typing import Any, Protocol, Self

import structlog

from consumer.errors import ConsumerError
from consumer.ports import Clock

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0


class Register(Protocol):
    """Where signs of life are kept."""

    def beat(self, consumer_id: str, group_id: str, now: datetime, snapshot: Mapping[str, Any]) -> None:
        """A sign of life, in place of the last one."""

    def leave(self, consumer_id: str) -> None:
        """The consumer stops in order: it is not missed."""


class Heartbeat:
    """Beats while inside the `with`. What can't be written is left out: `status` is no reason to stop."""

    def __init__(
        self,
        register: Register,
        consumer_id: str,
        group_id: str,
        snapshot: Callable[[], Mapping[str, Any]],
        clock: Clock,
        *,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._register = register
        self._consumer_id = consumer_id
        self._group_id = group_id
        self._snapshot = snapshot
        self._clock = clock
        self._every = every
        self._ended = Event()
        self._is_failing = False
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(self._every)
        if self._thread.is_alive():
            return  # a database that does not answer the last beat would not answer this either
        self._try(lambda: self._register.leave(self._consumer_id))

    def _run(self) -> None:
        self._beat()
        while not self._ended.wait(self._every):
            self._beat()

    def _beat(self) -> None:
        self._try(lambda: self._register.beat(self._consumer_id, self._group_id, self._clock.now(), self._snapshot()))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except ConsumerError as error:
            if not self._is_failing:
                log.warning("status not written; the work goes on", reason=str(error))
            self._is_failing = True
        else:
            self._is_failing = False
