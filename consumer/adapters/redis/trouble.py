"""What can be wrong with the Redis of the filter, in words, and when to ask it again."""

from dataclasses import dataclass, replace

from redis import exceptions

from consumer.policy import Availability, Recovery

PASSING = Recovery(first=1.0, longest=30.0)
LASTING = Recovery(first=60.0, longest=600.0)


@dataclass(slots=True, frozen=True)
class Trouble:
    """Why Redis is of no use just now. It `lasts` when a person has to do something about it."""

    reason: str
    advice: str
    lasts: bool = False


def explain(error: Exception) -> Trouble:
    """Put an error of the client, or of the server, into words."""
    text = str(error)
    known = next(
        trouble for kind, words, trouble in _KNOWN if isinstance(error, kind) and words.lower() in text.lower()
    )
    return replace(known, reason=f"{known.reason} ({text})")


_REFUSED = Trouble(
    "Redis refuses us",
    "Check user and password in CONSUMER_REDIS_URL; the user needs BF.INSERT, BF.MEXISTS and PEXPIRE.",
    lasts=True,
)

_KNOWN: tuple[tuple[type[Exception], str, Trouble], ...] = (
    (exceptions.AuthenticationError, "", _REFUSED),
    (exceptions.AuthorizationError, "", _REFUSED),
    (exceptions.NoPermissionError, "", _REFUSED),
    (exceptions.ResponseError, "NOAUTH", _REFUSED),
    (
        exceptions.TimeoutError,
        "",
        Trouble("Redis is too slow", "Look at the server, or raise CONSUMER_REDIS_TIMEOUT_MS."),
    ),
    (exceptions.ConnectionError, "", Trouble("Redis is away", "Look at the server, and at CONSUMER_REDIS_URL.")),
    (
        exceptions.OutOfMemoryError,
        "",
        Trouble("Redis is out of memory", "Raise its maxmemory, or lower CONSUMER_BLOOM_CAPACITY."),
    ),
    (
        exceptions.ReadOnlyError,
        "",
        Trouble("this Redis is a replica and takes no writes", "Name its primary in CONSUMER_REDIS_URL."),
    ),
    (
        exceptions.MovedError,
        "",
        Trouble(
            "this node of a Redis cluster does not have our keys",
            "Name a Redis that is no cluster, or a proxy of this one, in CONSUMER_REDIS_URL.",
            lasts=True,
        ),
    ),
    (
        exceptions.ResponseError,
        "unknown command",
        Trouble("this Redis has no Bloom module", "Use Redis 8 or later, or Valkey with valkey-bloom.", lasts=True),
    ),
    (
        exceptions.ResponseError,
        "WRONGTYPE",
        Trouble(
            "a key of the filter holds something else",
            "Delete the keys memory-consumer:seen:* of this group.",
            lasts=True,
        ),
    ),
    (Exception, "", Trouble("Redis can't be used", "Look at the server, and at CONSUMER_REDIS_URL.")),
)
"""What an error means: the first line that fits, by its kind and by words in it."""


class Side:
    """Reading or writing, each with its own health: a Redis that takes no more ids can still be asked.

    `consequence` says what it means when this side is out of use.
    """

    def __init__(self, consequence: str) -> None:
        self.consequence = consequence
        self._passing = Availability(PASSING)
        self._lasting = Availability(LASTING)

    @property
    def trouble(self) -> str | None:
        """What is wrong, if anything is."""
        return self._lasting.trouble or self._passing.trouble

    def may_ask(self, now: float) -> bool:
        """Whether to try: soon again after what passes by itself, seldom after what takes a person."""
        return self._passing.may_ask(now) and self._lasting.may_ask(now)

    def failed(self, trouble: Trouble, now: float) -> None:
        """Note a failure."""
        (self._lasting if trouble.lasts else self._passing).failed(trouble.reason, now)

    def worked(self) -> None:
        """Note a success."""
        self._passing.worked()
        self._lasting.worked()
