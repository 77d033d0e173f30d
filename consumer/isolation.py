"""Finding the bad rows of a batch that the database refused as a whole. Pure but for the attempts it makes.

Runs of rows are tried; of one that is refused, the longest prefix that works is searched by halving and kept, and the
search goes on behind the row that ended it. How long a run to try next follows from what was found: half as long after
every bad row, twice as long after every run that works.

With L = ⌈log₂ N⌉, k bad rows among N cost at most

- k · (L + 2) attempts: a bad row costs the run that fails and L halvings; and because as many runs can work as halved
  the length before, there are at most k of these. One bad row thus costs L + 2, none at all 1.
- k + s · (2 + log₂(g / s)) + (L + 1)(L + 4) / 2 + 1, where g = N - k rows are good and s is the smaller of k and g: on
  the way down to single rows the halvings add up to the third term; each run that works on the way up, by which one
  later failure costs more, has taken good rows, twice as many as the run before it. Where all are bad, that is little
  more than one attempt a row.
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


def apply_isolated(
    rows: Sequence[Row],
    attempt: Callable[[Sequence[Row]], None],
    bear: Callable[[Sequence[Refusal]], None] = lambda _: None,
) -> list[Refusal]:
    """Apply all rows that can be applied, in order; return those that can't.

    `attempt` applies a run of rows or raises `RowRefused` having changed nothing. `bear` is called after each refusal
    with all of them so far; what it raises ends the search, with the rows applied that came before.
    """
    refusals: list[Refusal] = []
    start, reach = 0, 2 * len(rows)
    while start < len(rows):
        end = min(start + reach, len(rows))
        try:
            attempt(rows[start:end])
            start, reach = end, 2 * reach
        except RowRefused as error:
            refusals.append(_first_bad(rows, start, end, error, attempt))
            bear(refusals)
            start, reach = refusals[-1].row + 1, max(1, reach // 2)
    return refusals


def _first_bad(
    rows: Sequence[Row], start: int, end: int, error: RowRefused, attempt: Callable[[Sequence[Row]], None]
) -> Refusal:
    """Apply the rows from `start` up to the first bad one, and return that. `rows[start:end]` is known to fail."""
    while end - start > 1:
        middle = (start + end) // 2
        try:
            attempt(rows[start:middle])
            start = middle
        except RowRefused as refused:
            end, error = middle, refused
    return Refusal(start, error)
