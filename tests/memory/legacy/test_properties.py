"""What holds for every record: the well-formed become valid events, none is an exception, nothing is lost."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.memory.json_form import read_event, write_event
from consumer.memory.legacy import FORMS, Converted, to_current, to_old
from consumer.memory.legacy.provenance import NAMES
from consumer.memory.legacy.reading import read
from consumer.memory.model import Memory, MemoryEvent
from consumer.memory.shapes import ENOUGH
from tests.memory.legacy.records import KNOWN, ROW, V0, V1, WELL_FORMED, Record, converted, hostile_values, line
from tests.memory.samples import memory_events

FULL = {"v0": V0, "v1": V1, "row": ROW}
each_form = pytest.mark.parametrize("form", FORMS)


@st.composite
def converted_and_changed(draw: st.DrawFn) -> MemoryEvent:
    """An event that was an old record, with some fields of another one."""
    first, second = (converted(form, draw(WELL_FORMED[form])) for form in draw(st.permutations(sorted(FULL)))[:2])
    assert first.memory is not None
    for name in draw(st.sets(st.sampled_from(["content", "tags", "confidence", "participants", "emotional_context"]))):
        setattr(first.memory, name, getattr(second.memory, name))
    return first


@each_form
@given(data=st.data())
@settings(max_examples=60)
def test_a_well_formed_record_is_a_valid_event(form: str, data: st.DataObject) -> None:
    event = converted(form, data.draw(WELL_FORMED[form]))
    assert read_event(write_event(event).encode()) == event


@each_form
@given(data=st.data())
@settings(max_examples=60)
def test_the_same_record_is_the_same_event(form: str, data: st.DataObject) -> None:
    record: Record = data.draw(WELL_FORMED[form])
    other_order = dict(reversed(record.items()))
    assert converted(form, record) == converted(form, record) == converted(form, other_order)


@each_form
@given(data=st.data())
@settings(max_examples=60)
def test_a_record_comes_back_as_it_went(form: str, data: st.DataObject) -> None:
    more = data.draw(st.dictionaries(st.text("abc"), st.integers() | st.lists(st.text("abc"))))
    record = {**more, **data.draw(WELL_FORMED[form])}
    assert to_old(FORMS[form], converted(form, record), KNOWN) == record


@each_form
@given(data=st.data())
@settings(max_examples=80)
def test_what_is_converted_back_at_all_loses_nothing(form: str, data: st.DataObject) -> None:
    event = data.draw(memory_events() | converted_and_changed())
    old = to_old(FORMS[form], event, KNOWN)
    if isinstance(old, dict):
        again = converted(form, old)
        assert (again.memory_id, again.occurred_at) == (event.memory_id, event.occurred_at)
        assert _without_notes(again.memory) == _without_notes(event.memory)


@each_form
@given(value=hostile_values)
@settings(max_examples=60)
def test_no_value_is_an_exception(form: str, value: Any) -> None:
    assert isinstance(to_current(FORMS[form], line(value), KNOWN), Converted | tuple)


@each_form
@given(data=st.data())
@settings(max_examples=60)
def test_no_damage_to_a_record_is_an_exception(form: str, data: st.DataObject) -> None:
    damage = {name: data.draw(hostile_values) for name in data.draw(st.sets(st.sampled_from(sorted(FULL[form]))))}
    result = to_current(FORMS[form], line({**FULL[form], **damage}), KNOWN)
    if isinstance(result, Converted):
        assert read_event(write_event(result.event).encode()) == result.event
    else:
        assert result
        assert len({error.path for error in result}) == len(result), "one error a place"


@each_form
@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900, b"\xff", b"", b"{", b"NaN"])
def test_no_bytes_are_an_exception(form: str, text: bytes) -> None:
    assert isinstance(to_current(FORMS[form], text, KNOWN), tuple)


@pytest.mark.parametrize(
    ("form", "field", "value"),
    [
        ("v0", "messages", [{}] * 50_000),
        ("v1", "recipients", [5] * 50_000),
        ("v1", "metadata", {f"legacy.{number}": "" for number in range(50_000)}),
        ("row", "participants", json.dumps([{}] * 50_000)),
        ("row", "emotionalContext", json.dumps({f"field {number}": 1 for number in range(50_000)})),
    ],
)
def test_not_every_one_of_countless_faults_is_put_in_words(form: str, field: str, value: Any) -> None:
    assert len(read(FORMS[form], {**FULL[form], field: value}).faults) == ENOUGH


@each_form
@given(value=hostile_values)
@settings(max_examples=60)
def test_no_forged_note_is_an_exception(form: str, value: Any) -> None:
    """A publisher may write anything into the metadata, also what conversions note there."""
    event = converted(form, FULL[form])
    assert event.memory is not None
    for name in NAMES - {"legacy.migration"}:
        event.memory.metadata[name] = json.dumps({"values": value, "absent": value})
    old = to_old(FORMS[form], event, KNOWN)
    if isinstance(old, dict):
        assert _without_notes(converted(form, old).memory) == _without_notes(event.memory)


def _without_notes(memory: Memory | None) -> dict[str, Any]:
    assert memory is not None
    fields = {name: getattr(memory, name) for name in Memory.__dataclass_fields__}
    return {**fields, "metadata": {k: v for k, v in memory.metadata.items() if k not in NAMES}}
