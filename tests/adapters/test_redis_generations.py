"""Windows of time."""

from datetime import UTC, datetime, timedelta

import pytest

from consumer.adapters.redis.generations import Generations

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
THREE_DAYS = Generations(capacity=1_000, error_rate=0.003, window=timedelta(days=1), count=3)


def test_the_newest_windows_are_asked() -> None:
    newest = THREE_DAYS.number(NOON)

    assert list(THREE_DAYS.living(NOON)) == [newest - 2, newest - 1, newest]


def test_a_window_ends_on_the_clock_not_when_the_process_started() -> None:
    midnight = NOON + timedelta(hours=12)

    assert THREE_DAYS.number(midnight - timedelta(seconds=1)) == THREE_DAYS.number(NOON)
    assert THREE_DAYS.number(midnight) == THREE_DAYS.number(NOON) + 1


def test_a_generation_lives_until_it_is_no_longer_asked() -> None:
    born = THREE_DAYS.number(NOON)
    lives = timedelta(milliseconds=THREE_DAYS.milliseconds_left(NOON))

    assert lives == timedelta(days=2, hours=12)
    assert born in THREE_DAYS.living(NOON + lives - timedelta(seconds=1))
    assert born not in THREE_DAYS.living(NOON + lives)


def test_the_generations_share_the_error_rate() -> None:
    assert THREE_DAYS.error_rate_of_each == pytest.approx(0.001)
