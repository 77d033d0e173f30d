"""Parts of an event, by its schema."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from consumer.memory.field_errors import Location
from consumer.memory.json_form import part_of_event
from consumer.memory.shapes import Faults, Object, Shape, record_in


@dataclass(slots=True, frozen=True)
class PartOfEvent:
    """What events have at a place, by their schema, which is not read before a record is. Less the fields named."""

    names: tuple[str, ...]
    without: frozenset[str] = frozenset()

    def read(self, value: Any, at: Location, faults: Faults) -> Any:
        """The part in raw form."""
        return _part_without(self.names, self.without).read(value, at, faults)


@cache
def _part_without(names: tuple[str, ...], without: frozenset[str]) -> Shape:
    shape = part_of_event(*names)
    if not without:
        return shape
    record = record_in(shape)
    return Object({name: field for name, field in record.fields.items() if name not in without})
