"""Bad rows are found wherever they are, the good ones applied once and in order, in few attempts."""

import gc
from collections.abc import Sequence
from math import ceil, log2
from weakref import WeakSet

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consumer.isolation import Refusal, RowRefused, apply_isolated


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


class TooMany(Exception):
    """The caller bears no more."""


def bound(count: int, bad: int) -> float:
    """The lesser of the two bounds that the module states."""
    levels = ceil(log2(count))
    good = count - bad
    runs = min(bad, good)
    climbing = runs * (2 + log2(good / runs)) if runs else 0
    return min(max(1, bad * (levels + 2)), bad + climbing + (levels + 1) * (levels + 4) / 2 + 1)


class Effort:
    """What an attempt works with."""


clusters = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=12)
"""So many good rows, then so many bad ones, and so on."""


@given(count=st.integers(0, 1_500), clusters=clusters, strays=st.sets(st.integers(0, 1_499)))
@example(count=1_024, clusters=[(0, 1_024)], strays=set())
@example(count=1_000, clusters=[], strays=set(range(0, 1_000, 2)))
@example(count=1_000, clusters=[], strays=set(range(0, 1_000, 100)))
def test_exactly_the_bad_rows_are_refused_in_few_attempts(
    count: int, clusters: list[tuple[int, int]], strays: set[int]
) -> None:
    bad, end = {row for row in strays if row < count}, 0
    for good_ones, bad_ones in clusters:
        bad.update(range(min(count, end + good_ones), min(count, end + good_ones + bad_ones)))
        end += good_ones + bad_ones
    table = Table(bad)
    refusals = apply_isolated(range(count), table.attempt)
    assert [refusal.row for refusal in refusals] == sorted(bad)
    assert [refusal.message for refusal in refusals] == [f"refused {row}" for row in sorted(bad)]
    assert table.rows == [row for row in range(count) if row not in bad]
    assert table.attempts <= (bound(count, len(bad)) if count else 0)


@given(count=st.integers(1, 5_000), place=st.floats(0, 0.999))
def test_one_bad_row_costs_a_logarithm(count: int, place: float) -> None:
    table = Table({int(count * place)})
    apply_isolated(range(count), table.attempt)
    assert table.attempts <= ceil(log2(count)) + 2


def test_a_batch_that_is_all_bad_costs_little_more_than_an_attempt_a_row() -> None:
    table = Table(set(range(5_000)))
    apply_isolated(range(5_000), table.attempt)
    assert table.attempts <= 5_000 + 120


def test_what_can_not_be_borne_ends_the_search() -> None:
    told: list[list[int]] = []

    def bear(refusals: Sequence[Refusal]) -> None:
        told.append([refusal.row for refusal in refusals])
        if len(refusals) == 3:
            raise TooMany

    table = Table(set(range(10, 5_000)))
    with pytest.raises(TooMany):
        apply_isolated(range(5_000), table.attempt, bear)
    assert told == [[10], [10, 11], [10, 11, 12]]
    assert table.attempts <= 3 * 15


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


@given(count=st.integers(2, 200), data=st.data())
def test_a_row_is_given_up_only_when_it_was_refused_alone(count: int, data: st.DataObject) -> None:
    """Rows that stand in one another's way as long as they come in one run, and are well one after the other."""
    parted = data.draw(st.sets(st.integers(1, count - 1)))
    bad = data.draw(st.sets(st.integers(0, count - 1)))
    applied: list[int] = []

    def attempt(run: Sequence[int]) -> None:
        if bad.intersection(run) or parted.intersection(run[1:]):
            raise RowRefused("not together", may_be_mutual=True)
        applied.extend(run)

    refusals = apply_isolated(range(count), attempt)
    assert [refusal.row for refusal in refusals] == sorted(bad)
    assert applied == [row for row in range(count) if row not in bad]


def test_a_refusal_holds_on_to_nothing_of_its_attempt() -> None:
    """Thousands of them are kept until the end of the batch."""
    efforts: WeakSet[Effort] = WeakSet()

    def attempt(_: Sequence[int]) -> None:
        effort = Effort()
        efforts.add(effort)
        raise RowRefused("no")

    refusals = apply_isolated(range(20), attempt)
    gc.collect()
    assert len(refusals) == 20 and not efforts
