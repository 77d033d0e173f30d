"""Numbers as people read them."""

import pytest

from consumer.cli.numbers import counted, digits, percent, verb


@pytest.mark.parametrize(("number", "told"), [(0, "0 records are"), (1, "1 record is"), (2_000, "2,000 records are")])
def test_only_one_is_in_the_singular(number: int, told: str) -> None:
    assert f"{counted(number, 'record')} {verb(number)}" == told


def test_a_plural_of_its_own() -> None:
    assert [counted(number, "memory", "memories") for number in (1, 2)] == ["1 memory", "2 memories"]


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0.0"), (11 / 921, "0.012"), (0.0999, "0.100"), (0.5, "0.50"), (1.5, "1.5"), (1_234.56, "1,234.6")],
)
def test_two_digits_tell_something(number: float, told: str) -> None:
    assert digits(number) == told


def test_a_small_share_is_not_none() -> None:
    assert [percent(share) for share in (0, 1 / 21_000, 0.4, 1)] == ["0.0%", "0.0048%", "40.0%", "100.0%"]
