"""An event back into a record of an old form, where that loses nothing.

What is converted back is the memory. What an event has besides (its id, its type, its producer) is no part of it.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from consumer.memory.field_errors import NOTHING, FieldError, FieldErrors, Location, at_most, path
from consumer.memory.legacy import provenance
from consumer.memory.legacy.completing import completed
from consumer.memory.legacy.form import Form, Known
from consumer.memory.legacy.provenance import Original
from consumer.memory.legacy.reading import read
from consumer.memory.legacy.wording import WOULD_BE_LOST
from consumer.memory.model import MemoryEvent
from consumer.memory.moments import from_micros, to_iso
from consumer.memory.raw_form import Raw, to_raw
from consumer.memory.shapes import ENOUGH

NOBODY = Known()
_ELSE = "Keep the memory in its current form."
_ADVICE = {
    "event_type": "Old forms know no deletions: send the DELETED event itself.",
    "memory.owner_id": "If all are of one owner, name it: --owner.",
    "occurred_at": "If all are of one time, name it: --occurred-at.",
}


def to_old(form: Form, event: MemoryEvent, known: Known = NOBODY) -> dict[str, Any] | FieldErrors:
    """The record from which the memory would come out as it is, given what is known; or all that would be lost.

    A memory that came from a record of this form, and was not changed since, becomes that very record.
    """
    if event.memory is None:
        return (_lost(form, ("event_type",), event.event_type),)
    raw, metadata = to_raw(event), event.memory.metadata
    made, kept = form.backward(raw), Original()
    if provenance.migrated_from(metadata) == form.name:
        kept = provenance.original(metadata)
        raw["memory"]["metadata"] = {name: metadata[name] for name in metadata if name not in provenance.NAMES}
    try:
        lost = _losses(form, kept.restored(made), raw, known)
        if lost:
            kept = kept.without(_stale(form, lost))
            lost = _losses(form, kept.restored(made), raw, known)
    except RecursionError:
        return (_lost(form, ("memory", "metadata", provenance.ORIGINAL), metadata[provenance.ORIGINAL]),)
    return at_most(lost) or kept.restored(made)


def _stale(form: Form, lost: Iterable[FieldError]) -> frozenset[str]:
    """The old fields whose old values no longer hold: the memory was changed since."""
    origins = form.all_origins()
    return frozenset(re.split(r"[.\[]", origins.get(error.path, error.path))[0] for error in lost)


def _losses(form: Form, record: dict[str, Any], raw: Raw, known: Known) -> list[FieldError]:
    """What would not come out as it is if the record were converted again, or would be refused."""
    reading = read(form, record)
    again = completed(form, form.forward(reading.fields, known), None)
    told = ("memory_id", "occurred_at", "memory")
    differing = _differing({name: raw[name] for name in told}, {name: again[name] for name in told}, ())
    return [_lost(form, at, _shown(at, value)) for at, value in islice(differing, ENOUGH)] or reading.faults


def _differing(value: Any, again: Any, at: Location) -> Iterator[tuple[Location, Any]]:
    """Where the two differ, with what is there in the first: as far inside as objects go."""
    if isinstance(value, dict) and isinstance(again, dict):
        for name in {**value, **again}:
            yield from _differing(value.get(name, NOTHING), again.get(name, NOTHING), (*at, name))
    elif value != again:
        yield at, value


def _shown(at: Location, value: Any) -> Any:
    is_moment = at[-1] in ("occurred_at", "extracted_at") and isinstance(value, int)
    return to_iso(from_micros(value)) if is_moment else value


def _lost(form: Form, at: Location, value: object) -> FieldError:
    return WOULD_BE_LOST.error(at, value, form=form.name, advice=_ADVICE.get(path(at), _ELSE))
