"""Bytes into events: the good ones as they were sent, everything else as a rejection that says why."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.adapters.avro import AvroDecoder, AvroEncoder, SchemaDirectory, frame
from consumer.adapters.avro.schemas import WriterSchema
from consumer.errors import Transient
from consumer.memory.contract import schema_directory
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import to_raw
from consumer.records import Category, Record, Rejection, Stage, TopicPartition
from tests.memory.samples import full, memory_events, raw_with
from tests.wire import encode_fields

decoder = AvroDecoder(SchemaDirectory(schema_directory()))
encode = AvroEncoder().encode
GOOD = encode(full())


def record(value: bytes | None) -> Record:
    return Record(TopicPartition("memories", 0), 7, b"another key", value, (), -1)


def rejected(value: bytes | None) -> Rejection:
    decoded = decoder.decode(record(value))
    assert isinstance(decoded, Rejection)
    return decoded


@given(memory_events())
@settings(max_examples=150)
def test_an_event_comes_off_the_wire_as_it_was_sent(event: MemoryEvent) -> None:
    assert decoder.decode(record(encode(event))) == event


@given(memory_events())
@settings(max_examples=30)
def test_the_bytes_are_those_that_any_avro_library_writes(event: MemoryEvent) -> None:
    assert encode(event) == encode_fields(to_raw(event))


@pytest.mark.parametrize(
    ("value", "code", "schema_id"),
    [
        (None, "empty_value", None),
        (b"", "empty_value", None),
        (b"\x00\x00\x00\x01", "not_framed", None),
        (b'{"event_id": 1}', "not_framed", None),
        (b"\x00\x00\x00\x00\x63" + GOOD[5:], "unknown_schema_id", 99),
        (GOOD[:5], "truncated", 1),
        (GOOD[:-1], "truncated", 1),
        (GOOD + b"\x00", "trailing_bytes", 1),
        (GOOD.replace(b"diary", b"\xff\xfe\xfd\xfc\xfb"), "invalid_utf8", 1),
        (GOOD[:42] + b"\x7e" + GOOD[43:], "malformed", 1),
        (GOOD[:5] + b"\xff" * 9 + b"\x01", "truncated", 1),
    ],
)
def test_bytes_that_are_no_event(value: bytes | None, code: str, schema_id: int | None) -> None:
    rejection = rejected(value)
    assert (rejection.code, rejection.schema_id) == (code, schema_id)
    assert (rejection.category, rejection.stage) == (Category.VALIDATION, Stage.VALUE_CONVERTER)
    assert rejection.record == record(value)
    assert rejection.advice


def test_the_first_bytes_of_something_else_are_shown() -> None:
    assert "7b 22 61 22" in rejected(b'{"a": 1}').message


def test_what_fastavro_raised_is_kept() -> None:
    rejection = rejected(GOOD[:-1])
    assert rejection.exception_class == "EOFError"
    assert "schemaless_reader" in rejection.stacktrace


def test_a_single_field_error_gives_its_code_to_the_rejection() -> None:
    rejection = rejected(encode(raw_with({"memory.confidence": 2.0})))
    assert (rejection.code, rejection.stage) == ("out_of_range", Stage.TRANSFORMATION)
    assert rejection.message == "memory.confidence is too high"
    assert [error.path for error in rejection.errors] == ["memory.confidence"]
    assert rejection.schema_id == 1


def test_several_field_errors_come_together() -> None:
    rejection = rejected(encode(raw_with({"memory.confidence": 2.0, "event_id": "?", "memory.tags": ["t"] * 1_000})))
    assert rejection.code == "invalid_event"
    assert [error.code for error in rejection.errors] == ["not_a_uuid", "too_many_items", "out_of_range"]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("occurred_at", 2**63 - 1, "out_of_calendar"),
        ("memory.confidence", float("nan"), "not_finite"),
        ("memory.content", "a\x00b", "nul_character"),
        ("memory", None, "memory_missing"),
    ],
)
def test_what_avro_can_say_and_we_can_not_take(path: str, value: Any, code: str) -> None:
    assert rejected(encode(raw_with({path: value}))).code == code


@given(st.binary(max_size=200))
def test_no_bytes_are_an_exception(payload: bytes) -> None:
    assert isinstance(decoder.decode(record(frame(1, payload))), MemoryEvent | Rejection)


@given(st.data())
@settings(max_examples=300)
def test_no_damage_to_an_event_is_an_exception(data: st.DataObject) -> None:
    start = data.draw(st.integers(5, len(GOOD)))
    end = data.draw(st.integers(start, min(start + 8, len(GOOD))))
    put = data.draw(st.binary(max_size=12) | st.just(b"\xff" * 9 + b"\x01") | st.just(b"\xfe" * 9 + b"\x01"))
    assert isinstance(decoder.decode(record(GOOD[:start] + put + GOOD[end:])), MemoryEvent | Rejection)


def test_no_damage_makes_a_deletion() -> None:
    """A deletion is for ever. fastavro takes the index -1 of the enum for its last symbol, which is DELETED."""
    deletion = encode(raw_with({"event_type": "DELETED", "memory": None}))
    place = deletion.index(b"\x04", 5 + 1 + 36)
    assert isinstance(decoder.decode(record(deletion)), MemoryEvent)
    assert rejected(deletion[:place] + b"\x01" + deletion[place + 1 :]).code == "malformed"


def test_a_schema_that_can_not_be_asked_for_now_is_no_fault_of_the_data() -> None:
    class Away:
        def by_id(self, schema_id: int) -> WriterSchema | None:
            raise Transient(f"nobody can tell schema {schema_id} now")

    with pytest.raises(Transient):
        AvroDecoder(Away()).decode(record(GOOD))


@pytest.mark.parametrize(
    "raw", [raw_with({"memory.confidence": "a"}), {}, {**full(), "extra": 1}, raw_with({"producer": None})]
)
def test_what_does_not_fit_the_schema_is_not_encoded(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode(raw)


def test_an_id_that_four_bytes_can_not_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="schema id"):
        frame(2**32, b"")
