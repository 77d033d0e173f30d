"""How good the valid memories of a file are: counted, the first kept, shown as tables or as JSON."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from consumer.cli.numbers import counted
from consumer.cli.output import show_table
from consumer.cli.records import has_room, show_blocks, show_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consumer.memory.model import MemoryEvent
    from consumer.memory.quality import Quality
    from consumer.memory.reports import FieldWarning


NUMBERS = ("quality", "completeness", "consistency", "confidence")
"""The score, and what it is the mean of."""


class _Assessed(NamedTuple):
    """A memory, by the line that tells of it."""

    line: int
    memory_id: str
    quality: "Quality"
    components: "Mapping[str, float]"


@dataclass(slots=True)
class Assessments:
    """The memories of a file, by line. Of any number at most `most_kept` are kept, and as many with warnings."""

    most_kept: int
    memories: int = 0
    with_warnings: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kept: "list[_Assessed]" = field(default_factory=list)
    doubtful: "list[_Assessed]" = field(default_factory=list)
    _scores: float = 0.0

    def add(self, line: int, event: "MemoryEvent") -> None:
        """Assess the memory of a valid event; a deletion has none."""
        from consumer.memory.quality import assess, components_of

        if event.memory is None:
            return
        quality = assess(event.memory)
        self.memories += 1
        self.with_warnings += bool(quality.warnings)
        self.counts.update(quality.warnings)
        self._scores += quality.score
        for kept, is_wanted in ((self.kept, True), (self.doubtful, bool(quality.warnings))):
            if is_wanted and len(kept) < self.most_kept:
                components = components_of(quality.warnings, event.memory.confidence)
                kept.append(_Assessed(line, event.memory_id, quality, components))

    @property
    def mean(self) -> float | None:
        """The mean of all scores; None where there is no memory."""
        return round(self._scores / self.memories, 4) if self.memories else None

    def as_json(self) -> dict[str, Any]:
        """The mean, each warning with the number of its memories, and the memories that were kept."""
        return {
            "quality": self.mean,
            "warnings": [{**each._asdict(), "records": self.counts[each.code]} for each in self._in_words()],
            "assessed": [
                {
                    "line": each.line,
                    "memory_id": each.memory_id,
                    "quality": each.quality.score,
                    "components": each.components,
                    "warnings": each.quality.warnings,
                }
                for each in self.kept
            ],
        }

    def show(self) -> None:
        """Print each kind of warning, and the memories with warnings that were kept."""
        show_records(
            ("warning", "records", "field", "what is doubtful", "what to do"),
            [(each.code, self.counts[each.code], each.path, each.message, each.advice) for each in self._in_words()],
            right=("records",),
        )
        _show(self.doubtful)
        if rest := self.with_warnings - len(self.doubtful):
            more = counted(rest, "more record")
            print(f"... and {more} with warnings (--max-records shows more)")  # noqa: T201 - part of the result

    def _in_words(self) -> "Sequence[FieldWarning]":
        from consumer.memory.reports import warnings_in_words

        return warnings_in_words(code for code, _ in self.counts.most_common())


def _show(doubtful: "Sequence[_Assessed]") -> None:
    """A table without the components where it has no room for them, and none where it has no room for the rest."""
    columns: Sequence[str] = ("line", "memory", *NUMBERS, "warnings")
    rows: list[Sequence[object]] = [_cells(each) for each in doubtful]
    fewer = (*columns[:3], columns[-1]), [(*row[:3], row[-1]) for row in rows]
    for shown in ((columns, rows), fewer):
        if has_room(*shown, whole=("memory",)):
            show_table(*shown, right=("line", *NUMBERS), whole=("memory",))
            return
    show_blocks(columns, rows)


def _cells(told: _Assessed) -> tuple[object, ...]:
    numbers = (told.quality.score, *told.components.values())
    return told.line, told.memory_id, *(f"{number:.2f}" for number in numbers), ", ".join(told.quality.warnings)
