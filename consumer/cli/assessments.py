"""How good the valid memories of a file are: counted, the first kept, shown as tables or as JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from consumer.cli.numbers import counted
from consumer.cli.output import show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumer.memory.model import MemoryEvent
    from consumer.memory.quality import Quality
    from consumer.memory.reports import FieldWarning


@dataclass(slots=True)
class Assessments:
    """The memories of a file, by line. Of any number at most `most_kept` are kept, and as many with warnings."""

    most_kept: int
    memories: int = 0
    with_warnings: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kept: "list[tuple[int, str, Quality]]" = field(default_factory=list)
    doubtful: "list[tuple[int, str, Quality]]" = field(default_factory=list)
    _scores: float = 0.0

    def add(self, line: int, event: "MemoryEvent") -> None:
        """Assess the memory of a valid event; a deletion has none."""
        from consumer.memory.quality import assess

        if event.memory is None:
            return
        quality = assess(event.memory)
        self.memories += 1
        self.with_warnings += bool(quality.warnings)
        self.counts.update(quality.warnings)
        self._scores += quality.score
        for kept, is_wanted in ((self.kept, True), (self.doubtful, bool(quality.warnings))):
            if is_wanted and len(kept) < self.most_kept:
                kept.append((line, event.memory_id, quality))

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
                {"line": line, "memory_id": memory_id, "quality": score, "warnings": list(warnings)}
                for line, memory_id, (score, warnings) in self.kept
            ],
        }

    def show(self) -> None:
        """Print each kind of warning, and the memories with warnings that were kept."""
        show_table(
            ("warning", "records", "field", "what is doubtful", "what to do"),
            [(each.code, self.counts[each.code], each.path, each.message, each.advice) for each in self._in_words()],
            right=("records",),
        )
        show_table(
            ("line", "memory", "quality", "warnings"),
            [(line, name, f"{score:.2f}", ", ".join(warnings)) for line, name, (score, warnings) in self.doubtful],
            right=("line", "quality"),
        )
        if rest := self.with_warnings - len(self.doubtful):
            more = counted(rest, "more record")
            print(f"... and {more} with warnings (--max-records shows more)")  # noqa: T201 - part of the result

    def _in_words(self) -> "Sequence[FieldWarning]":
        from consumer.memory.reports import warnings_in_words

        return warnings_in_words(code for code, _ in self.counts.most_common())
