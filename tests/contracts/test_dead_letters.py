"""What the loop may rely on of the dead-letter topic, whichever it is."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

import pytest
from confluent_kafka.admin import AdminClient

from consumer.adapters.kafka.dead_letters import KafkaDeadLetters
from consumer.deadletters.headers import Header
from consumer.deadletters.letter import Sender
from consumer.errors import Fatal
from consumer.ports import DeadLetters
from consumer.process.clock import SystemClock
from consumer.records import Category, Headers, Record, Rejection, Stage, TopicPartition
from tests.chaos.outside import everything_in
from tests.contracts.places import BOUND, create_topic
from tests.fakes.kafka import FakeBroker, FakeDeadLetters

SENDER = Sender("group", "client")
PARTITIONS = 2
_numbers = count()


class Post(Protocol):
    """A dead-letter topic of two partitions, and what is in it."""

    topic: str

    def letters(self) -> DeadLetters:
        """The port."""

    def read(self, number: int) -> Sequence[Record]:
        """That many letters."""


class FakePost:
    """Kafka in memory."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self.topic = "memories-dlq"
        self._broker = FakeBroker()
        limit = int(config.get("max.message.bytes", 1_048_588))
        self._broker.create_topic(self.topic, PARTITIONS, max_message_bytes=limit)

    def letters(self) -> FakeDeadLetters:
        return FakeDeadLetters(self._broker, self.topic, sender=SENDER)

    def read(self, number: int) -> Sequence[Record]:
        records = self._broker.records(self.topic)
        assert len(records) == number
        return records


class RealPost:
    """A new topic on real Kafka."""

    def __init__(self, servers: str, config: Mapping[str, str]) -> None:
        self.topic = f"dlq-{datetime.now(UTC):%H%M%S%f}-{next(_numbers)}"
        self._servers = servers
        self._admin = AdminClient({"bootstrap.servers": servers})
        create_topic(self._admin, self.topic, PARTITIONS, config)

    def letters(self) -> KafkaDeadLetters:
        letters = KafkaDeadLetters(self._servers, self.topic, SENDER, SystemClock(), timeout=BOUND)
        letters.check(["memories"], 1)
        return letters

    def read(self, number: int) -> Sequence[Record]:
        messages = everything_in(self._servers, self.topic, PARTITIONS)
        assert len(messages) == number
        return [
            Record(
                TopicPartition(self.topic, message.partition() or 0),
                message.offset() or 0,
                message.key(),
                message.value(),
                message.headers() or (),  # type: ignore[arg-type]
                message.timestamp()[1],
            )
            for message in messages
        ]


@pytest.fixture(params=["fake", "real"])
def post(request: pytest.FixtureRequest) -> Callable[..., Post]:
    """Makes dead-letter topics, with a configuration."""

    def make(**config: str) -> Post:
        named = {name.replace("_", "."): value for name, value in config.items()}
        if request.param == "fake":
            return FakePost(named)
        return RealPost(request.getfixturevalue("kafka"), named)

    return make


def rejection(
    offset: int, value: bytes | None, *, partition: int = 0, key: bytes | None = b"k", headers: Headers = ()
) -> Rejection:
    record = Record(TopicPartition("memories", partition), offset, key, value, headers, 1)
    return Rejection(record, Category.VALIDATION, "malformed", "it is bad", "Mend it.", Stage.VALUE_CONVERTER)


def ids(records: Sequence[Record]) -> list[bytes]:
    return sorted(dict(record.headers)[Header.ID] or b"" for record in records)


def test_letters_are_there_once_it_returns_with_the_very_bytes(post: Callable[..., Post]) -> None:
    place = post()
    headers = [("a", b"\x00\xff"), ("a", None), ("b", b"")]

    kept = place.letters().send(
        [
            rejection(1, b"\x00\x00\xff not utf-8", headers=headers),
            rejection(2, None, key=None),
            rejection(3, b"", partition=1),
        ]
    )

    assert not kept
    letters = {dict(record.headers)[Header.ID]: record for record in place.read(3)}
    assert letters[b"memories-0-1"].value == b"\x00\x00\xff not utf-8"
    assert letters[b"memories-0-1"].key == b"k"
    assert list(letters[b"memories-0-1"].headers)[:3] == headers
    assert (letters[b"memories-0-2"].key, letters[b"memories-0-2"].value) == (None, None)
    assert letters[b"memories-1-3"].value == b""
    assert letters[b"memories-0-1"].source.partition == 0
    assert letters[b"memories-1-3"].source.partition == 1


def test_a_letter_is_as_old_as_itself_and_tells_how_old_its_record_is(post: Callable[..., Post]) -> None:
    """Under the time of its record, which is of 1970, retention would take it at once."""
    place = post()
    place.letters().send([rejection(1, b"x")])
    (letter,) = place.read(1)
    assert letter.timestamp_ms > 1_000_000
    assert dict(letter.headers)[Header.TIMESTAMP] == b"1"


def test_a_partition_that_the_topic_does_not_have_goes_to_one_that_it_has(post: Callable[..., Post]) -> None:
    place = post()
    place.letters().send([rejection(1, b"x", partition=99)])
    assert ids(place.read(1)) == [b"memories-99-1"]


def test_nothing_to_send_sends_nothing(post: Callable[..., Post]) -> None:
    place = post()
    assert not place.letters().send([])
    assert not place.read(0)


def test_a_letter_too_large_for_its_topic_goes_as_a_reference_and_the_rest_as_they_are(
    post: Callable[..., Post],
) -> None:
    place = post(max_message_bytes="100000")
    large = rejection(2, b"x" * 200_000)

    kept = place.letters().send([rejection(1, b"x" * 40_000), large, rejection(3, b"x" * 40_000), rejection(4, b"x")])

    assert [each.record for each in kept] == [large.record]
    letters = {dict(record.headers)[Header.ID]: record for record in place.read(4)}
    assert len(letters[b"memories-0-1"].value or b"") == 40_000
    assert letters[b"memories-0-2"].value == b""
    assert letters[b"memories-0-2"].key == b"k"
    assert dict(letters[b"memories-0-2"].headers)[Header.PAYLOAD_BYTES] == b"200000"


def test_a_record_with_huge_headers_has_a_letter_in_the_smallest_topic(post: Callable[..., Post]) -> None:
    place = post(max_message_bytes="10000")
    large = rejection(1, b"x" * 20_000, headers=[("h", b"h" * 100_000)])

    kept = place.letters().send([large, rejection(2, b"x"), rejection(3, b"x" * 5_000)])

    assert [each.record for each in kept] == [large.record]
    letters = {dict(record.headers)[Header.ID]: dict(record.headers) for record in place.read(3)}
    assert letters[b"memories-0-1"][Header.PAYLOAD_WITHOUT] == b"headers"
    assert "h" not in letters[b"memories-0-1"]


def test_a_topic_too_small_for_any_letter_stops_the_consumer(post: Callable[..., Post]) -> None:
    with pytest.raises(Fatal, match="too large"):
        post(max_message_bytes="600").letters().send([rejection(1, b"x")])


def test_sending_again_repeats_the_id(post: Callable[..., Post]) -> None:
    place = post()
    letters = place.letters()
    letters.send([rejection(1, b"x")])
    letters.send([rejection(1, b"x")])
    assert ids(place.read(2)) == [b"memories-0-1", b"memories-0-1"]
