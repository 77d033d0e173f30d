"""Bad rows are found wherever they are, the good ones applied once and in order, in few attempts."""

from collections.abc import Sequence
from math import ceil, log2

from hypothesis import given
from hypothesis import strategies as st

from consumer.isolation import RowRefused, apply_isolated


class Table:
    """Takes runs of numbers, whole or not at all."""

    def __init__(self, bad: set[int]) -> None:
        self.bad = bad
        self.rows: list[int] = []
        self.attempts = 0

    def attempt(self, run: Sequence[int]) -> None:
        self.attempts += 1
        if refused := self.bad.intersection(run):
            raise RowRefused(f"refused {min(refused)}")
        self.rows.extend(run)


@given(count=st.integers(0, 200), data=st.data())
def test_exactly_the_bad_rows_are_refused(count: int, data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(0, max(0, count - 1)), max_size=count)) if count else set()
    table = Table(bad)
    refusals = apply_isolated(range(count), table.attempt)
    assert [refusal.row for refusal in refusals] == sorted(bad)
    assert [str(refusal.error) for refusal in refusals] == [f"refused {row}" for row in sorted(bad)]
    assert table.rows == [row for row in range(count) if row not in bad]


@given(count=st.integers(1, 5_000), place=st.floats(0, 0.999))
def test_one_bad_row_costs_a_logarithm(count: int, place: float) -> None:
    table = Table({int(count * place)})
    apply_isolated(range(count), table.attempt)
    assert table.attempts <= ceil(log2(count)) + 2


@given(count=st.integers(1, 500), pair=st.tuples(st.integers(0, 499), st.integers(0, 499)))
def test_a_row_that_is_bad_beside_another_is_refused_alone(count: int, pair: tuple[int, int]) -> None:
    """Of two rows that exclude one another the earlier stays."""
    first, second = min(pair), max(pair)
    applied: list[int] = []

    def attempt(run: Sequence[int]) -> None:
        if {first, second} <= {*applied, *run}:
            raise RowRefused("not beside the other")
        applied.extend(run)

    refusals = apply_isolated(range(count), attempt)
    expected = [second] if first != second and second < count else [first] * (first == second and first < count)
    assert [refusal.row for refusal in refusals] == expected
