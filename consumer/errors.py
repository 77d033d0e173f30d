"""Errors, named by what the caller does next. Adapters map every vendor exception to one of these.

Bad data is none of them: it is a value, a `records.Rejection`, because it has a place to go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # so that a command that only complains need not load the whole domain
    from collections.abc import Iterable

    from consumer.records import Batch, Rejection, TopicPartition


class ConsumerError(Exception):
    """Whatever this program raises on purpose. `str()` says what is wrong; `advice`, what to do about it."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Transient(ConsumerError):
    """Passes by itself: nothing was written, or it is not known whether it was. Wait, look, do it again."""


class TookTooLong(Transient):
    """The database ended the transaction because it went on for too long: do less at once, or it ends alike."""


class OwnershipLost(ConsumerError):
    """Another consumer owns these partitions now: nothing was written. Drop their records; the rest is still ours."""

    def __init__(self, partitions: Iterable[TopicPartition]) -> None:
        self.partitions = frozenset(partitions)
        super().__init__("another consumer owns " + ", ".join(sorted(map(str, self.partitions))))


class BreakerOpen(ConsumerError):
    """More data are bad than is borne: nothing was written. Give everything back until a person says to go on.

    `is_recorded`: the database knows already, because another member of the group was first.
    """

    def __init__(self, message: str, *, is_recorded: bool = False) -> None:
        super().__init__(message)
        self.is_recorded = is_recorded


class Fatal(ConsumerError):
    """No waiting helps: stop, uncommitted, and say why."""


class Intolerable(Fatal):
    """A record is bad, and none is borne: nothing was written. Do `before`, if there is anything in it, then stop.

    `rejection`: the first of the batch.
    """

    def __init__(self, message: str, *, advice: str, before: Batch, rejection: Rejection) -> None:
        super().__init__(message, advice=advice)
        self.before = before
        self.rejection = rejection


class Abandoned(ConsumerError):
    """We were asked to stop, and the batch in hand would not go through: it is left uncommitted, to be read again."""


class SettingsError(Fatal):
    """A setting is wrong, unknown, or contradicts another."""
