"""A record of an old form, read: its fields, what is wrong with them, and what may not have been meant so."""

from collections.abc import Collection
from typing import Any, NamedTuple

from consumer.memory import wording
from consumer.memory.field_errors import NOTHING, path
from consumer.memory.legacy.form import Form, OldField, Remark
from consumer.memory.legacy.shapes import AnyValue
from consumer.memory.shapes import Faults

_ANY = AnyValue()
_UNKNOWN = "is no field of the form, and is kept in metadata as it came"


class Reading(NamedTuple):
    """What was read. The faults' paths are those in the old record."""

    fields: dict[str, Any]
    faults: Faults
    remarks: list[Remark]


def read(form: Form, record: dict[str, Any]) -> Reading:
    """Every field of the form that is given; null counts as not given. Unknown fields are remarked upon."""
    reading = Reading({}, [], [])
    for name, field in form.fields.items():
        value = record.get(name)
        if value is not None:
            _read_field(name, field, value, reading)
        elif field.is_required:
            reading.faults.append(wording.MISSING.error((name,), NOTHING))
    for name in sorted(record.keys() - form.fields.keys()):
        _ANY.read(record[name], (name,), reading.faults)
        reading.remarks.append(Remark("unknown_field", path((name,)), _UNKNOWN))
    return reading


def _read_field(name: str, field: OldField, value: Any, reading: Reading) -> None:
    faults: Faults = []
    read = field.shape.read(value, field.place, faults)
    if faults:
        there = path(field.place)
        reading.faults.extend(fault._replace(path=name + fault.path.removeprefix(there)) for fault in faults)
        reading.fields[name] = _blanked(read, there, {fault.path for fault in faults})
    elif read is not None:
        reading.fields[name] = read
        if remark := field.remark(value):
            code, message = remark
            reading.remarks.append(Remark(code, name, message))


def _blanked(value: Any, at: str, faulty: Collection[str]) -> Any:
    """The value with None wherever it is at fault, so that the rest of it can still be judged."""
    if at in faulty:
        return None
    if isinstance(value, dict):
        return {name: _blanked(inner, _inside(at, name), faulty) for name, inner in value.items()}
    if isinstance(value, list):
        return [_blanked(inner, f"{at}[{index}]", faulty) for index, inner in enumerate(value)]
    return value


def _inside(at: str, name: str) -> str:
    step = path((name,))
    return at + step if step.startswith("[") else f"{at}.{step}"
