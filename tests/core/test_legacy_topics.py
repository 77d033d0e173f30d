"""Topics of old forms: what their records become, and what is taken from around them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.adapters.avro import AvroDecoder, AvroEncoder, SchemaDirectory
from consumer.legacy_topics import RECORD_KEY, DecoderByTopic, LegacyDecoder
from consumer.memory.contract import schema_directory
from consumer.memory.legacy import FORMS
from consumer.memory.model import Memory, MemoryEvent
from consumer.records import Category, Record, Rejection, Stage, TopicPartition
from tests.memory.legacy.records import ROW, V0, V1
from tests.memory.samples import full

FORM_OF = {"diary": "v1", "archive": "row", "notes": "v0"}
SENT = datetime(2025, 6, 3, 12, 0, 0, 250_000, tzinfo=UTC)


def decoder(owner: str | None = None) -> DecoderByTopic:
    old = {topic: LegacyDecoder(FORMS[form], owner) for topic, form in FORM_OF.items()}
    return DecoderByTopic(old, AvroDecoder(SchemaDirectory(schema_directory())))


def record(topic: str, value: Any, *, key: bytes | None = b"k", timestamp_ms: int = 1_748_952_000_250) -> Record:
    content = value if isinstance(value, bytes | None) else json.dumps(value).encode()
    return Record(TopicPartition(topic, 0), 7, key, content, (), timestamp_ms)


def decoded(topic: str, value: Any, *, owner: str | None = "o-1", **around: Any) -> MemoryEvent:
    event = decoder(owner).decode(record(topic, value, **around))
    assert isinstance(event, MemoryEvent), event
    return event


def memory(event: MemoryEvent) -> Memory:
    assert event.memory is not None
    return event.memory


def rejected(topic: str, value: Any, *, owner: str | None = "o-1", **around: Any) -> Rejection:
    rejection = decoder(owner).decode(record(topic, value, **around))
    assert isinstance(rejection, Rejection)
    assert (rejection.category, bool(rejection.advice)) == (Category.VALIDATION, True)
    return rejection


def test_each_topic_is_read_as_its_setting_says() -> None:
    assert decoded("diary", V1).producer == "legacy-v1"
    assert decoded("archive", ROW).producer == "legacy-row"
    assert decoded("notes", V0).producer == "legacy-v0"
    assert decoded("memory-events", AvroEncoder().encode(full())).producer == "diary"


def test_nothing_is_told_from_the_bytes() -> None:
    assert rejected("diary", AvroEncoder().encode(full())).code == "invalid_utf8"
    assert rejected("memory-events", V1).code == "not_framed"
    assert rejected("archive", V1).code == "invalid_event"


def test_a_time_that_the_form_lacks_is_that_of_the_record() -> None:
    event = decoded("notes", V0)
    assert event.occurred_at == SENT
    assert "record's timestamp -> occurred_at" in json.loads(memory(event).metadata["legacy.migration"])["changes"]
    assert decoded("diary", V1).occurred_at != SENT


@pytest.mark.parametrize("timestamp_ms", [-1, 2**63 - 1, 253_402_300_800_000])
def test_a_record_without_a_time_that_the_calendar_knows_has_none(timestamp_ms: int) -> None:
    assert rejected("notes", V0, timestamp_ms=timestamp_ms).code == "no_time"


def test_an_owner_that_the_form_lacks_is_that_of_the_setting_or_the_key() -> None:
    assert memory(decoded("notes", V0, owner="o-9")).owner_id == "o-9"
    assert memory(decoded("notes", V0, owner=RECORD_KEY, key=b"o-7")).owner_id == "o-7"
    assert memory(decoded("archive", ROW, owner="o-9")).owner_id == "o-1", "the row names its own"
    assert memory(decoded("diary", V1, owner=None)).owner_id == "ann"


@pytest.mark.parametrize(
    ("owner", "key"), [(None, b"o-7"), (RECORD_KEY, None), (RECORD_KEY, b""), (RECORD_KEY, b"\xff")]
)
def test_without_an_owner_it_is_a_dead_letter(owner: str | None, key: bytes | None) -> None:
    rejection = rejected("notes", V0, owner=owner, key=key)
    assert (rejection.code, rejection.stage) == ("no_owner", Stage.TRANSFORMATION)


def test_a_record_that_is_sent_again_is_the_same_event() -> None:
    first, again = decoded("notes", V0), decoded("notes", V0, timestamp_ms=1_748_952_999_000)
    assert first.event_id == again.event_id


@pytest.mark.parametrize(
    ("value", "code", "stage"),
    [
        (None, "empty_value", Stage.VALUE_CONVERTER),
        (b"", "empty_value", Stage.VALUE_CONVERTER),
        (b"{", "not_json", Stage.VALUE_CONVERTER),
        (b"[" * 100_000, "not_json", Stage.VALUE_CONVERTER),
        (b"\xff", "invalid_utf8", Stage.VALUE_CONVERTER),
        (b'{"id":1,"id":2}', "duplicate_key", Stage.VALUE_CONVERTER),
        (b"[]", "wrong_type", Stage.TRANSFORMATION),
        ({**V1, "sentiment": 2}, "out_of_range", Stage.TRANSFORMATION),
        ({**V1, "sentiment": 2, "text": ""}, "invalid_event", Stage.TRANSFORMATION),
    ],
)
def test_what_is_wrong_is_a_validation_error_with_its_fields(value: Any, code: str, stage: Stage) -> None:
    rejection = rejected("diary", value)
    assert (rejection.code, rejection.stage) == (code, stage)
    assert rejection.message.strip() == rejection.message
    assert bool(rejection.errors) == (code != "empty_value")


@given(value=st.binary(max_size=60), topic=st.sampled_from(sorted(FORM_OF)), key=st.none() | st.binary(max_size=4))
def test_no_bytes_are_an_exception(value: bytes, topic: str, key: bytes | None) -> None:
    assert isinstance(decoder(RECORD_KEY).decode(record(topic, value, key=key)), MemoryEvent | Rejection)
