"""A record of an old form into an event, or all that is wrong with it, told by its own paths."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from consumer.memory import wording
from consumer.memory.field_errors import NOTHING, FieldError, FieldErrors, at_most
from consumer.memory.json_text import NotJson, parse
from consumer.memory.legacy import provenance
from consumer.memory.legacy import wording as old_wording
from consumer.memory.legacy.completing import completed, event_id
from consumer.memory.legacy.form import Draft, Form, Known, Remark
from consumer.memory.legacy.provenance import Original
from consumer.memory.legacy.reading import read
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import to_raw
from consumer.memory.shapes import Faults
from consumer.memory.validation import validate

NOBODY = Known()


@dataclass(slots=True, frozen=True)
class Converted:
    """An event that was made of an old record, and what may not have been meant so."""

    event: MemoryEvent
    remarks: tuple[Remark, ...]


def to_current(form: Form, line: bytes, known: Known = NOBODY) -> Converted | FieldErrors:
    """The event that an old record in JSON stands for, or all that is wrong with the record.

    The same line gives the same event, id included, whatever the time and however often.
    """
    try:
        return convert(form, parse(line), known)
    except NotJson as error:
        return (error.fault,)


def convert(form: Form, record: Any, known: Known = NOBODY) -> Converted | FieldErrors:
    """The same of JSON that is parsed."""
    if not isinstance(record, dict):
        return (wording.NOT_AN_OBJECT.error((), record),)
    try:
        return _convert(form, record, known)
    except RecursionError:  # what could be parsed may still be too deep to be written
        return (wording.NOT_JSON.error((), NOTHING, problem="it is nested too deeply"),)


def _convert(form: Form, record: dict[str, Any], known: Known) -> Converted | FieldErrors:
    reading = read(form, record)
    draft = form.forward(reading.fields, known)
    checked = validate(completed(form, draft, None if reading.faults else event_id(form, draft, record)))
    if reading.faults or isinstance(checked, tuple):
        return at_most(_told(form, draft, reading.faults, checked if isinstance(checked, tuple) else ()))
    original = Original.between(record, form.backward(to_raw(checked)))
    assert checked.memory is not None, "an old record is a memory"
    checked.memory.metadata.update(provenance.notes(form, reading.fields, draft, reading.remarks, original))
    return Converted(checked, tuple(reading.remarks))


def _told(form: Form, draft: Draft, faults: Faults, broken: Iterable[FieldError]) -> Iterator[FieldError]:
    """The faults, then the rules that are broken besides, by the old record's paths. One error a place, the first."""
    origins = {**form.all_origins(), **draft.origins}
    told: set[str] = set()
    further = (error._replace(path=_origin(origins, error.path)) for error in chain(_nowhere_told(draft), broken))
    for error in chain(faults, further):
        if not any(outer in told for outer in _outer(error.path)):
            told.add(error.path)
            yield error


def _nowhere_told(draft: Draft) -> Iterator[FieldError]:
    if draft.owner_id is None:
        yield old_wording.NO_OWNER.error(("memory", "owner_id"), NOTHING)
    if draft.occurred_at is None:
        yield old_wording.NO_TIME.error(("occurred_at",), NOTHING)


def _origin(origins: Mapping[str, str], place: str) -> str:
    """The path in the old record of what stands at a place in the event: the longest that is known."""
    for outer in _outer(place):
        if outer in origins:
            return origins[outer] + place.removeprefix(outer)
    return place


def _outer(place: str) -> Iterator[str]:
    """The path and those around it, from the inside out: `a.b[0].c`, `a.b[0]`, `a.b`, `a`."""
    while place:
        yield place
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
