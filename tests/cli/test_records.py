"""Wide rows at a terminal of some width, and where there is none."""

import re
from collections.abc import Callable
from io import StringIO

import pytest

from consumer.cli.records import has_room, show_records

COLUMNS = ("line", "field", "expected", "what to do")
PATH = "memory.relationship_dynamics.participant_dynamics[0].participants[1]"
SYMBOLS = "joy, sadness, anger, fear, surprise, disgust, anticipation, trust, love, anxiety or neutral"
ROWS = [(3, "memory.tags", None, "Tag it."), (4, PATH, SYMBOLS, "Send one of the symbols, in this spelling.")]

Shown = Callable[[int], str]


class Terminal(StringIO):
    """One that can be read back."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Terminal]:
    """A terminal of so many columns."""

    def of_width(width: int) -> Terminal:
        for name, value in (("COLUMNS", str(width)), ("LINES", "50"), ("TERM", "xterm"), ("NO_COLOR", "1")):
            monkeypatch.setenv(name, value)
        return Terminal()

    return of_width


@pytest.fixture
def shown(terminal: Callable[[int], Terminal]) -> Shown:
    """The rows as such a terminal shows them."""

    def at(width: int) -> str:
        stream = terminal(width)
        show_records(COLUMNS, ROWS, right=("line",), stream=stream)
        lines = re.sub("\x1b\\[[0-9;]*m", "", stream.getvalue()).splitlines()
        assert max(map(len, lines)) <= width
        return "\n".join(line.rstrip() for line in lines)

    return at


def test_a_narrow_terminal_has_a_block_for_each_row(shown: Shown) -> None:
    assert shown(80) == (
        "line        3\n"
        "field       memory.tags\n"
        "what to do  Tag it.\n"
        "\n"
        "line        4\n"
        f"field       {PATH}\n"
        "expected    joy, sadness, anger, fear, surprise, disgust, anticipation, trust,\n"
        "            love, anxiety or neutral\n"
        "what to do  Send one of the symbols, in this spelling.\n"
    )


def test_a_path_that_is_too_long_is_broken_behind_a_dot(shown: Shown) -> None:
    assert "field       memory.relationship_dynamics.\n            participant_dynamics[0].participants[1]\n" in shown(
        60
    )


@pytest.mark.parametrize("width", [99, 120])
def test_no_table_breaks_a_word(shown: Shown, width: int) -> None:
    assert f"field       {PATH}\n" in shown(width)


def test_a_wide_terminal_has_a_table(shown: Shown) -> None:
    head, _, first, second, *_ = shown(240).splitlines()
    assert head.split() == ["line", "field", "expected", "what", "to", "do"]
    assert (first.split()[:2], second.split()[:2]) == (["3", "memory.tags"], ["4", PATH])


def test_whole_columns_do_not_give_way(terminal: Callable[[int], Terminal]) -> None:
    columns, rows = ("memory", "warnings"), [("m" * 30, "one two three"), ("m", "four")]
    assert has_room(columns, rows, whole=("memory",), stream=terminal(41))
    assert not has_room(columns, rows, whole=("memory",), stream=terminal(40))


def test_what_is_no_terminal_gets_whole_lines() -> None:
    stream = StringIO()
    show_records(COLUMNS, ROWS, stream=stream)
    assert len(stream.getvalue().splitlines()) == 2 + len(ROWS)
