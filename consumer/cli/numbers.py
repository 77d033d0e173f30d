"""Numbers as people read them. Pure."""

from math import floor, log10


def counted(number: int, one: str, many: str = "") -> str:
    """`1 record`, `2,000 records`; `many` where that is not the word with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def verb(number: int, one: str = "is", many: str = "are") -> str:
    """The verb that goes with so many."""
    return one if number == 1 else many


def digits(number: float) -> str:
    """A number from 0 on, with a decimal at least, and with two digits that tell something: `40.0`, `0.012`."""
    decimals = max(1, 1 - floor(log10(number))) if number else 1
    return f"{number:,.{decimals}f}"


def percent(share: float) -> str:
    """A share as a percentage, in the same way: `40.0%`, `0.0048%`."""
    return f"{digits(share * 100)}%"
