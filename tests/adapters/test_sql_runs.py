"""Rows are cut into runs that a statement can carry."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.adapters.sql.runs import in_runs


def test_few_small_rows_are_one_run() -> None:
    rows = [("a", None, 1.0), ("b", "text", 2.0)]
    assert list(in_runs(rows)) == [rows]


def test_nothing_is_no_run() -> None:
    assert list(in_runs([])) == []


@given(st.lists(st.tuples(st.text("x", max_size=9), st.none() | st.text("x", max_size=9))))
def test_every_row_in_order_and_no_run_larger_than_it_must_be(rows: list[tuple[str, str | None]]) -> None:
    runs = list(in_runs(rows, 10))
    sizes = [sum(len(text) for row in run for text in row if text) for run in runs]
    assert [row for run in runs for row in run] == rows
    assert all(size <= 10 or len(run) == 1 for run, size in zip(runs, sizes, strict=True))
    firsts = [sum(len(text) for text in run[0] if text) for run in runs]
    assert all(size + first > 10 for size, first in zip(sizes, firsts[1:], strict=False)), "none that could be fewer"
