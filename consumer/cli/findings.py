"""What is wrong with the lines of a file: counted, the first errors kept, shown as a table or as JSON."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from consumer.cli.numbers import counted
from consumer.cli.records import show_records

if TYPE_CHECKING:
    from consumer.memory.field_errors import FieldError, FieldErrors


@dataclass(slots=True)
class Findings:
    """The errors of a file, by line. Of any number of errors at most `most_kept` are kept; `line` was the last one."""

    most_kept: int
    line: int = 0
    valid: int = 0
    invalid: int = 0
    errors: int = 0
    kept: "list[tuple[int, FieldError]]" = field(default_factory=list)

    @property
    def records(self) -> int:
        """Lines that were looked at: blank ones are none."""
        return self.valid + self.invalid

    def add_valid(self, line: int) -> None:
        """Count a valid line."""
        self.line = line
        self.valid += 1

    def add_invalid(self, line: int, errors: "FieldErrors") -> None:
        """Count an invalid line and its errors."""
        self.line = line
        self.invalid += 1
        self.errors += len(errors)
        room = max(0, self.most_kept - len(self.kept))
        self.kept.extend((line, error) for error in errors[:room])

    def as_json(self) -> list[dict[str, Any]]:
        """The errors that were kept, each with its line."""
        return [{"line": line, **error._asdict()} for line, error in self.kept]

    def show(self, stream: TextIO | None = None) -> None:
        """Print the errors that were kept as a table, and how many there are besides. On stdout unless told."""
        show_records(
            ("line", "field", "what is wrong", "value", "expected", "what to do"),
            [(line, error.path, error.message, error.value, error.expected, error.advice) for line, error in self.kept],
            right=("line",),
            stream=stream,
        )
        if rest := self.errors - len(self.kept):
            print(f"... and {counted(rest, 'more error')} (--max-errors shows more)", file=stream)
