"""What an old form is: its fields, and how a record of it becomes a memory and is made out of one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from consumer.memory.field_errors import Location, path
from consumer.memory.moments import to_micros
from consumer.memory.raw_form import Raw
from consumer.memory.shapes import Shape

Old = Mapping[str, Any]
"""The fields of an old record that were given, as their shapes read them. Where one was wrong, there is None."""


class Known(NamedTuple):
    """What is known of records whose form does not say it, and who says so."""

    owner_id: str | None = None
    occurred_at: datetime | None = None
    owner_from: str = "given"
    time_from: str = "given"


class Remark(NamedTuple):
    """Something that was converted, and may not have been meant so. `path` is that in the old record."""

    code: str
    path: str
    message: str


def nothing_to_say(_: object) -> tuple[str, str] | None:
    """For fields that are converted as they are meant, or refused."""
    return None


class OldField(NamedTuple):
    """A field of an old form: what it looks like, and where in an event it goes.

    `remark` looks at the value as it came and says, as a code and words, what may not have been meant so.
    """

    shape: Shape
    place: Location
    is_required: bool = False
    remark: Callable[[Any], tuple[str, str] | None] = nothing_to_say


@dataclass(slots=True)
class Draft:
    """A memory as far as an old record tells it; moments are microseconds since 1970.

    `memory` lacks what the form does not have, and the owner. `origins` are paths in the old record by those in the
    event, where they differ from record to record. `filled` says by path where a value came from that the record
    does not have.
    """

    memory_id: str | None
    occurred_at: int | None
    owner_id: str | None
    memory: dict[str, Any]
    origins: dict[str, str] = field(default_factory=dict)
    filled: dict[str, str] = field(default_factory=dict)

    def take(self, old: Old, name: str, to: str) -> None:
        """Take a field of the record for a field of the memory, where it was given."""
        if name in old:
            self.memory[to] = old[name]

    def fall_back_on(self, known: Known) -> None:
        """Take owner and time from what is known, where the record does not tell them."""
        if self.owner_id is None and known.owner_id is not None:
            self.owner_id = known.owner_id
            self.filled["memory.owner_id"] = known.owner_from
        if self.occurred_at is None and known.occurred_at is not None:
            self.occurred_at = to_micros(known.occurred_at)
            self.filled["occurred_at"] = known.time_from


@dataclass(slots=True, frozen=True)
class Form:
    """An old form. `forward` takes whatever `Old` may hold; `backward` any valid event in raw form.

    What `backward` makes need not be right: it is converted again and compared. `origins` are paths in the old record
    by those in the event, besides the places of the fields.
    """

    name: str
    fields: Mapping[str, OldField]
    forward: Callable[[Old, Known], Draft]
    backward: Callable[[Raw], dict[str, Any]]
    origins: Mapping[str, str] = field(default_factory=dict)

    def all_origins(self) -> dict[str, str]:
        """Paths in the old record by those in the event, as far as they are the same for every record."""
        return {**{path(field.place): name for name, field in self.fields.items()}, **self.origins}
