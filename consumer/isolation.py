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

A row that may have been refused for the sake of others costs one attempt more: nothing is given up that was not tried
alone, behind all that came before it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self, TypeVar

Row = TypeVar("Row")


class RowRefused(Exception):
    """The database refused a statement because of its data: trying again would change nothing.

    `may_be_mutual`: another row of the same statement may have been in the way, and might not be in a later one.
    """

    def __init__(self, message: str, cause: BaseException | None = None, *, may_be_mutual: bool = False) -> None:
        super().__init__(message)
        self.cause = cause
        self.may_be_mutual = may_be_mutual


class Refusal(NamedTuple):
    """A row by its number, and why the database would not have it.

    In words: an exception would hold on to its traceback, and that to the whole attempt, for each of thousands.
    """

    row: int
    message: str
    exception_class: str

    @classmethod
    def of(cls, row: int, refused: RowRefused) -> Self:
        """As the driver put it, where it was the driver."""
        cause = refused.cause or refused
        return cls(row, str(cause), f"{type(cause).__module__}.{type(cause).__qualname__}")


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
            row, refused = _first_bad(rows, start, end, error, attempt)
            if refused:
                refusals.append(Refusal.of(row, refused))
                bear(refusals)
            start, reach = row + 1, max(1, reach // 2)
    return refusals


def _first_bad(
    rows: Sequence[Row], start: int, end: int, error: RowRefused, attempt: Callable[[Sequence[Row]], None]
) -> tuple[int, RowRefused | None]:
    """Apply the rows from `start` up to the first bad one. Returns that, and why; or a row that worked in the end.

    `rows[start:end]` is known to fail.
    """
    failed_from = start
    while end - start > 1:
        middle = (start + end) // 2
        try:
            attempt(rows[start:middle])
            start = middle
        except RowRefused as refused:
            end, error, failed_from = middle, refused, start
    if failed_from == start or not error.may_be_mutual:
        return start, error
    try:
        attempt(rows[start:end])
    except RowRefused as refused:
        return start, refused
    return start, None
