"""The openings of a breaker, in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from consumer.errors import Transient
from consumer.records import Opening
from tests.fakes.clock import NOON


@dataclass
class FakeOpenings:
    """The port `Openings`. `is_away`: the database does not answer. `meanwhile` happens before each look, in turn."""

    opening: Opening | None = None
    is_away: bool = False
    is_spent: bool = False
    closed_by: list[str] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def current(self) -> Opening | None:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        self._answer()
        return self.opening

    def open(self, why: str, tolerance: str) -> None:
        self._answer()
        self.opening = self.opening or Opening(NOON, why, tolerance)
        self.is_spent = False

    def close(self, by: str) -> Opening | None:
        self._answer()
        ended, self.opening = self.opening, None
        self.closed_by += [by] if ended else []
        return ended

    def is_pardoned(self) -> bool:
        self._answer()
        return self.opening is None and self.closed_by[-1:] == ["resume"] and not self.is_spent

    def spend(self) -> None:
        self._answer()
        self.is_spent = True

    def _answer(self) -> None:
        if self.is_away:
            raise Transient("database: away")
