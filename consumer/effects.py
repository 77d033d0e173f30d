"""What telling repetitions and likenesses came to, in numbers: of a batch, or of all of them together. Pure."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Self
from uuid import UUID


@dataclass(slots=True, frozen=True)
class Effects:
    """Counts. Those of what is alike are 0 in the mode that does not ask.

    `duplicates`: records that ended as such, whatever the reason. `placed`: memories for which it was asked what is
    alike; `candidates`: with how many others they were compared, all together. `merges_tried`: memories that were
    compared with one at least; `merged`: those of them that joined another. `doubts`: pairs left to a person, without
    those that lapsed in the batch that they came in. `confirmed` and `false_alarms`: as `looked_up` counts them.
    """

    records: int = 0
    duplicates: int = 0
    placed: int = 0
    candidates: int = 0
    merges_tried: int = 0
    merged: int = 0
    doubts: int = 0
    confirmed: int = 0
    false_alarms: int = 0

    def __add__(self, other: Self) -> "Effects":
        """Both together."""
        return Effects(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def duplicate_rate(self) -> float:
        """Of all records, the share of duplicates."""
        return rate(self.duplicates, self.records)

    @property
    def merge_rate(self) -> float:
        """Of the memories that were compared with others, the share that joined one."""
        return rate(self.merged, self.merges_tried)

    @property
    def review_rate(self) -> float:
        """Pairs left to a person, for each memory that was placed. It may be more than 1."""
        return rate(self.doubts, self.placed)

    @property
    def candidates_per_event(self) -> float:
        """With how many others a memory was compared."""
        return rate(self.candidates, self.placed)

    @property
    def false_alarm_rate(self) -> float:
        """Of the suspects, the share that was new."""
        return rate(self.false_alarms, self.confirmed + self.false_alarms)

    def counts(self) -> dict[str, int]:
        """The counts by their names."""
        return {name: getattr(self, name) for name in COUNTS}

    def as_json(self) -> dict[str, float]:
        """Counts and rates."""
        return {**self.counts(), **{name: round(getattr(self, name), 4) for name in RATES}}


def looked_up(
    event_ids: Sequence[UUID], suspects: Container[UUID], known: Container[UUID], entered: Mapping[UUID, int]
) -> tuple[int, int]:
    """How many suspects of the filter the ledger knew, and how many it did not, each event counted as if it had come
    alone: so what comes twice in a batch is known the second time. Without the filter every event is a suspect.

    `known`: what the ledger had before the batch; `entered`: what it has since, with the place of the event.
    """
    confirmed = false_alarms = 0
    for place, event_id in enumerate(event_ids):
        if entered.get(event_id, place) < place:
            confirmed += 1
        elif event_id in suspects:
            if event_id in known:
                confirmed += 1
            else:
                false_alarms += 1
    return confirmed, false_alarms


COUNTS = tuple(each.name for each in fields(Effects))
RATES = ("duplicate_rate", "merge_rate", "review_rate", "candidates_per_event", "false_alarm_rate")


def rate(part: int, whole: int) -> float:
    """0 where there is nothing to have a part of."""
    return part / whole if whole else 0.0
