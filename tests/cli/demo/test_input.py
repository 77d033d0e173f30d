"""Lines of a file as messages: what can be said in Avro, and what is published as it is."""

import json
from pathlib import Path

import pytest

from consumer.adapters.avro import AvroDecoder, AvroEncoder, SchemaDirectory
from consumer.cli.demo import input as lines_of
from consumer.errors import ConsumerError
from consumer.memory.contract import schema_directory
from consumer.memory.model import MemoryEvent
from consumer.records import Record, Rejection, TopicPartition
from tests.cli.demo.samples import GOOD

encode = AvroEncoder().encode


def decoded(line: bytes) -> MemoryEvent | Rejection:
    message = lines_of.message_of(line, encode)
    record = Record(TopicPartition("memories", 0), 0, message.key, message.value, (), 0)
    return AvroDecoder(SchemaDirectory(schema_directory())).decode(record)


def test_an_event_is_encoded_under_its_key() -> None:
    line = json.dumps(GOOD).encode()
    assert lines_of.message_of(line, encode).key == b"m-1"
    event = decoded(line)
    assert isinstance(event, MemoryEvent)
    assert event.memory is not None
    assert event.memory.content == "We went to the sea."


def test_an_event_that_only_breaks_rules_is_encoded_for_the_consumer_to_refuse() -> None:
    refused = decoded(json.dumps({**GOOD, "event_id": "no uuid"}).encode())
    assert isinstance(refused, Rejection)
    assert [error.path for error in refused.errors] == ["event_id"]


@pytest.mark.parametrize(
    "line", [b"{", b"\xff\xfe", b"null", json.dumps({**GOOD, "producer": 5}).encode(), b'{"event_id": "x"}']
)
def test_a_line_that_avro_cannot_say_is_published_as_it_is(line: bytes) -> None:
    assert lines_of.message_of(line, encode) == (None, line)
    refused = decoded(line)
    assert isinstance(refused, Rejection)
    assert refused.code == "not_framed"


def test_empty_lines_are_no_messages(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n one\r\n   \n\ntwo \nthree")
    assert [message.value for message in lines_of.from_file(file, encode)] == [b" one", b"two ", b"three"]
    assert lines_of.count_lines(file) == 3


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
    assert [message.key for message in lines_of.from_file(file, encode)] == [b"m-1"]


def test_a_line_that_is_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_of, "LONGEST_LINE_BYTES", 10)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"short\n" + b"x" * 11 + b"\n")
    with pytest.raises(ConsumerError, match="line 2 of"):
        lines_of.count_lines(file)


def test_the_made_up_stream_has_the_length_asked_for_and_is_the_same_each_time() -> None:
    first, second = (list(lines_of.made_up(50, encode)) for _ in range(2))
    assert len(first) == 50
    assert first == second
