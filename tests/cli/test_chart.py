"""Numbers through time, as a picture."""

from datetime import timedelta

from consumer.cli.chart import chart
from tests.stories import NOON


def drawn(*values: tuple[int, float], width: int = 10, height: int = 2) -> list[str]:
    return chart([(NOON + timedelta(days=day), value) for day, value in values], width=width, height=height)


def test_a_column_is_as_high_as_its_mean_and_time_is_to_scale() -> None:
    assert drawn((0, 0.5), (5, 1.0), (9, 0.2), (10, 0.8)) == [
        "0.5 ┤     █",
        "0.0 ┤█    █   █",
        "     2026-03-01 2026-03-11",
    ]


def test_nothing_felt_differs_from_nothing_told() -> None:
    assert drawn((0, 0.0), (10, 0.0), width=3, height=1)[0].endswith("┤▁ ▁")


def test_one_moment_is_one_column() -> None:
    assert drawn((0, 1.0), (0, 0.0)) == ["0.5 ┤", "0.0 ┤█", "     2026-03-01 12:00"]


def test_no_moment_falls_out() -> None:
    lines = drawn(*((day, 1.0) for day in range(100)), width=60, height=1)
    assert lines[0].count("█") == 60
