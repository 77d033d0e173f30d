"""Whether everything that was published is accounted for. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from consumer.effects import Effects
from consumer.records import Kind, Outcome


@dataclass(slots=True, frozen=True)
class Reconciliation:
    """Acknowledged publishes on the one side, the database's counters on the other."""

    published: int
    outcomes: Mapping[Outcome, int]
    seconds: float
    effects: Effects = Effects()

    @property
    def holds(self) -> bool:
        """Whether published = stored + merged + duplicates + dead-lettered."""
        return self.published == sum(self.outcomes.values())

    @property
    def per_second(self) -> float:
        """Events a second; 0 where nothing was published."""
        return self.published / self.seconds if self.published and self.seconds else 0.0

    def by_kind(self) -> dict[Kind, int]:
        """All four kinds, in the order of the equation."""
        totals: Counter[Kind] = Counter()
        for (kind, _), count in self.outcomes.items():
            totals[kind] += count
        return {kind: totals[kind] for kind in Kind}

    def by_category(self) -> dict[str, int]:
        """The categories that occurred, in the order of their kinds."""
        order = list(Kind)
        ordered = sorted(self.outcomes.items(), key=lambda item: (order.index(item[0].kind), item[0].category))
        return {outcome.category: count for outcome, count in ordered if count}

    def equation(self) -> str:
        """`100 published = 90 stored + 0 merged + 7 duplicates + 3 dead-lettered`, or with ≠."""
        parts = " + ".join(f"{count:,} {kind.replace('_', '-')}" for kind, count in self.by_kind().items())
        return f"{self.published:,} published {'=' if self.holds else '≠'} {parts}"

    def as_json(self) -> dict[str, object]:
        """One flat object: what other programs read."""
        return {
            "published": self.published,
            **{str(kind): count for kind, count in self.by_kind().items()},
            "by_category": self.by_category(),
            "seconds": round(self.seconds, 3),
            "events_per_second": round(self.per_second, 1),
            "effects": self.effects.as_json(),
        }
