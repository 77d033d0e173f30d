"""How much bad data is borne."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.errors import BreakerOpen, Fatal
from consumer.records import Batch, Category, ClosedBy, Record, Rejection, Stage
from consumer.tolerance import WINDOW, ErrorCount, Tolerance
from tests.stories import record

HALF = Tolerance(max_error_share=0.5, min_records=10)


def batch(flags: Sequence[bool], first: int = 0) -> tuple[Batch, list[Rejection]]:
    """Records of which those flagged are bad."""
    records = [record(first + at) for at in range(len(flags))]
    bad = [rejected(each) for each, is_bad in zip(records, flags, strict=True) if is_bad]
    return Batch(records, ClosedBy.COUNT), bad


def rejected(bad: Record) -> Rejection:
    return Rejection(bad, Category.VALIDATION, "truncated", "ends early", "", Stage.VALUE_CONVERTER)


def feed(count: ErrorCount, flags: Sequence[bool]) -> None:
    """A batch, judged and committed."""
    told, rejections = batch(flags)
    count.check(told, rejections)
    count.committed(told, rejections)


def test_intolerance_names_the_first_record() -> None:
    count = ErrorCount(Tolerance(continue_on_error=False))
    feed(count, [False] * 7)
    with pytest.raises(Fatal, match=r"memories-0-1.*ends early"):
        feed(count, [False, True, True])


def test_up_to_so_many_are_borne() -> None:
    count = ErrorCount(Tolerance(max_errors=3))
    feed(count, [True, True, False, True])
    feed(count, [False] * 100)
    with pytest.raises(BreakerOpen, match=r"4 records can't be processed, and at most 3 are borne; .*truncated 1"):
        feed(count, [False, True])


def test_one_is_said_to_be_one() -> None:
    count = ErrorCount(Tolerance(max_errors=0))
    with pytest.raises(BreakerOpen, match=r"^1 record can't be processed, and at most 0 are borne"):
        feed(count, [True])


def test_a_batch_that_is_tried_again_counts_once() -> None:
    count = ErrorCount(Tolerance(max_errors=1))
    told, rejections = batch([True])
    for _ in range(5):
        count.check(told, rejections)
    count.committed(told, rejections)
    with pytest.raises(BreakerOpen):
        count.check(told, rejections)


def test_the_share_is_judged_once_enough_is_known() -> None:
    feed(ErrorCount(HALF), [True] * 9)
    with pytest.raises(BreakerOpen, match=r"10 of the last 10 records can't be processed, and a share of 0.5 is borne"):
        feed(ErrorCount(HALF), [True] * 10)


def test_half_is_borne_and_one_more_is_not() -> None:
    count = ErrorCount(HALF)
    feed(count, [False, True] * WINDOW)
    with pytest.raises(BreakerOpen):
        feed(count, [True] * 2)


def test_what_is_long_ago_is_forgotten() -> None:
    count = ErrorCount(HALF)
    feed(count, [False] * 20 + [True] * 20)
    feed(count, [False] * WINDOW)
    feed(count, [True] * (WINDOW // 2))
    with pytest.raises(BreakerOpen):
        feed(count, [True])


def test_a_flood_in_the_middle_of_a_large_batch_is_seen() -> None:
    with pytest.raises(BreakerOpen):
        feed(ErrorCount(HALF), [False] * 2_000 + [True] * 600 + [False] * 2_000)


def test_after_a_pardon_the_batch_that_is_not_borne_passes_and_does_not_count() -> None:
    count = ErrorCount(Tolerance(max_errors=2))
    told, rejections = batch([True] * 5)
    with pytest.raises(BreakerOpen):
        count.check(told, rejections)
    count.pardon()
    feed(count, [False, True])
    count.check(told, rejections)
    count.committed(told, rejections)
    feed(count, [True])
    with pytest.raises(BreakerOpen):
        feed(count, [True])


def test_the_same_settings_read_the_same_and_others_differently() -> None:
    kinds = [Tolerance(), HALF, Tolerance(max_errors=3), Tolerance(continue_on_error=False), Tolerance(min_records=7)]
    assert len({str(kind) for kind in kinds}) == len(kinds)
    assert str(Tolerance()) == str(Tolerance())


@given(
    flags=st.lists(st.booleans(), max_size=60),
    sizes=st.lists(st.integers(1, 20), min_size=60, max_size=60),
    share=st.sampled_from([0.0, 0.2, 0.5, 0.9]),
)
def test_batches_make_no_difference_to_when_it_opens(flags: list[bool], sizes: list[int], share: float) -> None:
    """The batch in which it opens is the one that holds the record at which it would open one by one."""
    tolerance = Tolerance(max_error_share=share, min_records=10)
    one_by_one = opens_at(tolerance, [[flag] for flag in flags])
    in_batches, start = [], 0
    for size in sizes:
        in_batches.append(flags[start : start + size])
        start += size
    at = opens_at(tolerance, in_batches)
    if one_by_one is None:
        assert at is None
    else:
        ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
        assert at == next(number for number, end in enumerate(ends) if one_by_one < end)


def opens_at(tolerance: Tolerance, batches: Sequence[Sequence[bool]]) -> int | None:
    """The number of the batch that is not borne."""
    count = ErrorCount(tolerance)
    for number, flags in enumerate(batches):
        try:
            feed(count, flags)
        except BreakerOpen:
            return number
    return None
