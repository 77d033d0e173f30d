"""What a running consumer says of itself: whether it lives, whether it is ready, and what it waits for.

The loop tells it how things go; `status` and the health endpoint ask, from threads of their own.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from consumer.ports import Clock
from consumer.records import Batch, TopicPartition, Written


@dataclass(slots=True, frozen=True)
class Health:
    """A consumer at one moment.

    It is `live` while its loop goes round, whatever is the matter outside: starting it again helps only when not. It is
    `ready` while all that the group assigned to it is claimed, nothing is waited for, and no partition is stalled;
    one to whom the group assigned nothing is ready too. `breaker` is why that is open. `stalled` names partitions that
    have more to read, of which nothing comes.
    """

    live: bool
    ready: bool
    waiting_for: str | None = None
    waiting_since: datetime | None = None
    assigned: int = 0
    claimed: int = 0
    breaker: str | None = None
    stalled: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same, of nothing but what JSON has; moments are ISO 8601."""
        since = self.waiting_since
        return {**asdict(self), "waiting_since": since and since.isoformat(), "stalled": list(self.stalled)}


STARTING = Health(live=False, ready=False, waiting_for="starting")
"""Before the loop runs."""


HELD_UP = "the batch in hand, or a claim, takes long"
"""What a loop waits for that stands still inside one try. What held it up shows when the try is over."""


class Member(Protocol):
    """The consumer's place in its group. All of it may be read from any thread."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be read just now; None when all is well."""

    @property
    def is_member(self) -> bool:
        """Whether the group has let us in, and we have not been put out since."""

    @property
    def assigned(self) -> Collection[TopicPartition]:
        """What the group assigned to us."""

    @property
    def stalled(self) -> Sequence[TopicPartition]:
        """Partitions with more to read, of which nothing comes."""


class Titles(Protocol):
    """What of it is claimed. All of it may be read from any thread."""

    @property
    def trouble(self) -> str | None:
        """Why partitions can't be claimed; None when all are."""

    @property
    def claims(self) -> Collection[TopicPartition]:
        """What is claimed."""


class Breaker(Protocol):
    """Whether the group may go on. May be read from any thread."""

    @property
    def trouble(self) -> str | None:
        """Why nothing is read; None while it is closed."""


class Condition:
    """Implements `ports.Observer`. `health` may be asked for from any thread.

    `swift_within`: seconds within which the loop goes round when nothing holds it up. `alive_within`: seconds within
    which one that is alive goes round, or gives up a try.
    """

    def __init__(
        self,
        member: Member,
        titles: Titles,
        breaker: Breaker,
        clock: Clock,
        *,
        swift_within: float,
        alive_within: float,
    ) -> None:
        self._member = member
        self._titles = titles
        self._breaker = breaker
        self._clock = clock
        self._swift_within = swift_within
        self._alive_within = alive_within
        self._lock = Lock()
        self._batch_waits_for: str | None = None
        self._waiting_since: datetime | None = None
        self._moved_at = clock.monotonic()

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        """Whatever the batch waited for is over."""
        self._moved(None)

    def waiting(self, reason: str) -> None:
        """The batch in hand waits."""
        self._moved(reason)

    def turned(self) -> None:
        """No batch is in hand, so none waits."""
        self._moved(None)

    def health(self) -> Health:
        """How things stand."""
        still_for = self._clock.monotonic() - self._moved_at
        reason = self._reason() or (HELD_UP if still_for > self._swift_within else None)
        stalled = self._member.stalled
        return Health(
            live=still_for <= self._alive_within,
            ready=reason is None and not stalled,
            waiting_for=reason,
            waiting_since=self._since(reason, still_for if reason == HELD_UP else 0.0),
            assigned=len(self._member.assigned),
            claimed=len(self._titles.claims),
            breaker=self._breaker.trouble,
            stalled=tuple(map(str, stalled)),
        )

    def _moved(self, batch_waits_for: str | None) -> None:
        self._batch_waits_for = batch_waits_for
        self._moved_at = self._clock.monotonic()
        self._since(self._reason())

    def _reason(self) -> str | None:
        held_up = self._breaker.trouble or self._batch_waits_for
        return held_up or self._member.trouble or self._titles.trouble or self._missing()

    def _missing(self) -> str | None:
        if not self._member.is_member:
            return "joining the group"
        assigned, claimed = len(self._member.assigned), len(self._titles.claims)
        return f"claiming partitions: {claimed} of {assigned}" if claimed < assigned else None

    def _since(self, reason: str | None, seconds: float = 0.0) -> datetime | None:
        """From when on there has always been something to wait for; this reason holds since so many seconds."""
        began = self._clock.now() - timedelta(seconds=seconds)
        with self._lock:
            self._waiting_since = (self._waiting_since or began) if reason else None
            return self._waiting_since
