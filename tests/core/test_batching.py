"""When a batch is full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.batching import BatchLimits, Filling
from consumer.records import ClosedBy

LIMITS = BatchLimits(count=3, bytes=100, seconds=0.5)


def fill(limits: BatchLimits, sizes: list[int]) -> tuple[Filling, list[int]]:
    """A batch, and those of the sizes that went into it."""
    filling = Filling(limits)
    taken = []
    for size in sizes:
        if not filling.add(size, 0.0):
            break
        taken.append(size)
    return filling, taken


def test_an_empty_batch_stays_open_however_long_it_takes() -> None:
    assert Filling(LIMITS).closed(1e9) is None
    assert Filling(LIMITS).seconds_left(1e9) == 0.5


@pytest.mark.parametrize(
    ("sizes", "taken", "closed_by"),
    [
        ([1, 1], 2, None),
        ([1, 1, 1], 3, ClosedBy.COUNT),
        ([1, 1, 1, 1], 3, ClosedBy.COUNT),
        ([50, 50], 2, ClosedBy.BYTES),
        ([50, 51], 1, ClosedBy.BYTES),
        ([101], 1, ClosedBy.BYTES),
        ([0, 0], 2, None),
    ],
    ids=["open", "count", "past-count", "bytes", "past-bytes", "one-too-large", "empty-records"],
)
def test_a_batch_closes_on_count_or_bytes(sizes: list[int], taken: int, closed_by: ClosedBy | None) -> None:
    filling, went_in = fill(LIMITS, sizes)
    assert len(went_in) == taken
    assert filling.closed(0.0) is closed_by


def test_age_counts_from_the_first_record() -> None:
    filling = Filling(LIMITS)
    filling.add(1, 10.0)
    filling.add(1, 10.4)
    assert filling.seconds_left(10.4) == pytest.approx(0.1)
    assert filling.closed(10.49) is None
    assert filling.closed(10.5) is ClosedBy.AGE
    assert filling.seconds_left(11.0) == 0.0


def test_asks_for_what_should_fit_by_the_size_of_what_came() -> None:
    filling = Filling(BatchLimits(count=1000, bytes=1000, seconds=1))
    assert filling.ask() == 32
    filling.add(100, 0.0)
    assert filling.ask() == 9
    filling.add(500, 0.0)
    assert filling.ask() == 1


@given(
    st.lists(st.integers(0, 60)),
    st.integers(1, 8),
    st.integers(1, 120),
)
def test_whatever_comes_goes_into_batches_in_order_and_none_is_over_a_limit(
    sizes: list[int], count: int, limit: int
) -> None:
    limits = BatchLimits(count=count, bytes=limit, seconds=1)
    left, batches = sizes, []
    while left:
        filling, taken = fill(limits, left)
        assert taken, "a batch takes at least one record, or the loop would never end"
        assert filling.ask() >= 1
        batches.append(taken)
        left = left[len(taken) :]
    assert [size for batch in batches for size in batch] == sizes
    assert all(len(batch) <= count for batch in batches)
    assert all(sum(batch) <= limit or len(batch) == 1 for batch in batches)
