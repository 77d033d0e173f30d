"""Lines of bounded length out of a stream of any length."""

from io import BytesIO

import pytest

from consumer.cli.lines import Line, read_lines, record_on
from consumer.memory.json_form import read_event


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"a", [Line(1, b"a", 1)]),
        (b"a\nb\n", [Line(1, b"a", 2), Line(2, b"b", 2)]),
        (b"a\r\n\r\nb", [Line(1, b"a", 3), Line(2, b"", 2), Line(3, b"b", 1)]),
        (b"\xef\xbb\xbfa\n", [Line(1, b"a", 5)]),
        (b"12345678\n", [Line(1, b"12345678", 9)]),
        (b"123456789\nb\n", [Line(1, None, 10), Line(2, b"b", 2)]),
        (b"123456789", [Line(1, None, 9)]),
    ],
)
def test_lines_come_with_their_number_and_size(text: bytes, lines: list[Line]) -> None:
    assert list(read_lines(BytesIO(text), longest=8)) == lines


class Endless(BytesIO):
    """A line of fifty million bytes, made as it is read; remembers the most that was asked for at once."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 50_000_000
        self.most = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0, "a line of any length was asked for"
        self.most = max(self.most, size)
        taken = min(size, self.left)
        self.left -= taken
        return b"x" * taken


def test_a_huge_line_is_refused_without_being_held() -> None:
    stream = Endless()
    (line,) = read_lines(stream, longest=100_000)
    assert line == Line(1, None, 50_000_000)
    assert stream.most <= 100_001
    (error,) = record_on(line, 100_000, read_event)  # type: ignore[misc]
    assert (error.code, error.message) == ("line_too_long", "has 50,000,000 bytes")
