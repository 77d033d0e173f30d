"""Finding the bad rows of a batch that the database refused as a whole. Pure but for the attempts it makes.

The longest prefix that works is searched by halving, kept, and the search goes on behind the row that ended it. One
bad row among N costs at most ⌈log₂ N⌉ + 2 attempts instead of N.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

Row = TypeVar("Row")


class RowRefused(Exception):
    """The database refused a statement because of its data: trying again would change nothing."""

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.cause = cause


class Refusal(NamedTuple):
    """A row by its number, and why the database would not have it."""

    row: int
    error: RowRefused


def apply_isolated(rows: Sequence[Row], attempt: Callable[[Sequence[Row]], None]) -> list[Refusal]:
    """Apply all rows that can be applied, in order; return those that can't.

    `attempt` applies a run of rows or raises `RowRefused` having changed nothing.
    """
    refusals: list[Refusal] = []
    start = 0
    while start < len(rows):
        try:
            attempt(rows[start:])
            break
        except RowRefused as error:
            bad, error = _first_bad(rows, start, error, attempt)
            refusals.append(Refusal(bad, error))
            start = bad + 1
    return refusals


def _first_bad(
    rows: Sequence[Row], start: int, error: RowRefused, attempt: Callable[[Sequence[Row]], None]
) -> tuple[int, RowRefused]:
    """Apply the rows from `start` up to the first bad one, and return its index. `rows[start:]` is known to fail."""
    end = len(rows)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            attempt(rows[start:middle])
            start = middle
        except RowRefused as refused:
            end, error = middle, refused
    return start, error
