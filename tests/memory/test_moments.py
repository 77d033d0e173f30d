"""Moments between microseconds, ISO 8601 and datetime."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.memory.moments import FIRST_MICROS, LAST_MICROS, from_iso, from_micros, to_iso, to_micros


@given(st.integers(FIRST_MICROS, LAST_MICROS))
def test_every_microsecond_survives_each_form(micros: int) -> None:
    moment = from_micros(micros)
    assert to_micros(moment) == micros
    assert from_iso(to_iso(moment)) == micros


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-06-01T09:30:00Z", datetime(2025, 6, 1, 9, 30, tzinfo=UTC)),
        ("2025-06-01T09:30:00.25Z", datetime(2025, 6, 1, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("2025-06-01T09:30:00.000001Z", datetime(2025, 6, 1, 9, 30, 0, 1, tzinfo=UTC)),
        ("2025-06-01T11:30:00+02:00", datetime(2025, 6, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_iso_with_a_zone_is_read(text: str, moment: datetime) -> None:
    assert from_iso(text) == to_micros(moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2025-06-01",
        "2025-06-01T09:30:00",
        "2025-06-01 09:30:00Z",
        "2025-06-01T09:30Z",
        "2025-06-31T09:30:00Z",
        "2025-06-01T25:30:00Z",
        "2025-06-01T09:30:00.1234567Z",
        "10000-01-01T00:00:00Z",
        "٢٠٢٥-06-01T09:30:00Z",
        "2025-06-01T09:30:00Z\n",
        "1735689600",
    ],
)
def test_anything_else_is_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_iso(text)
