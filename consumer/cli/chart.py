"""Numbers through time as a picture made of text. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

HEIGHT = 8
WIDTH = 60
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def chart(points: Sequence[tuple[datetime, float]], *, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    """Lines of a chart of at least one value, each 0 to 1, over its moment; the earliest first.

    A column is an equal stretch of the time from the first to the last, as high as the mean of what is in it; one with
    nothing in it stays empty, and a value of 0 is a thin line.
    """
    columns = _columns(points, width)
    rows = ["".join(_cell(mean, level, height) for mean in columns).rstrip() for level in reversed(range(height))]
    labels = {0: "1.0", (height - 1) // 2: "0.5", height - 1: "0.0"}
    return [f"{labels.get(place, ''):>3} ┤{row}" for place, row in enumerate(rows)] + [_axis(points, width)]


def _columns(points: Sequence[tuple[datetime, float]], width: int) -> list[float | None]:
    first, last = points[0][0], points[-1][0]
    if first == last:
        return [_mean(value for _, value in points)]
    sums: list[list[float]] = [[] for _ in range(width)]
    for moment, value in points:
        sums[min(int((moment - first) / (last - first) * width), width - 1)].append(value)
    return [_mean(values) if values else None for values in sums]


def _cell(mean: float | None, level: int, height: int) -> str:
    if mean is None:
        return " "
    eighths = max(round(mean * height * 8), 1) - level * 8
    return _EIGHTHS[min(max(eighths, 0), 8)]


def _axis(points: Sequence[tuple[datetime, float]], width: int) -> str:
    """The first and the last day; the minutes too where all is on one."""
    first, last = (points[place][0].replace(tzinfo=None) for place in (0, -1))
    shown = 10 if first.date() < last.date() else 16
    begin, end = (moment.isoformat(" ", "minutes")[:shown] for moment in (first, last))
    return f"     {begin}" if begin == end else f"     {begin} {end.rjust(width - len(begin) - 1)}"


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
