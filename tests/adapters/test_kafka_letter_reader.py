"""The dead-letter topic read from one end to the other, on real Kafka."""

from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from consumer.adapters.kafka.letter_reader import LetterReader
from consumer.errors import Transient
from tests.contracts.places import create_topic

NOBODY = "127.0.0.1:1"


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"letters-{uuid4().hex[:8]}"
    create_topic(AdminClient({"bootstrap.servers": kafka}), name, 3, {})
    return name


def read(servers: str, topic: str) -> list[tuple[int, bytes | None]]:
    with LetterReader(servers, topic) as reader:
        return sorted((letter.source.partition, letter.value) for letter in reader.letters())


def test_everything_is_read_and_again(kafka: str, topic: str) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    for number in range(500):
        producer.produce(topic, b"%d" % number, partition=number % 2)
    assert producer.flush(30) == 0
    assert len(read(kafka, topic)) == len(read(kafka, topic)) == 500


def test_an_end_that_holds_no_letter_is_an_end(kafka: str, topic: str) -> None:
    """The marker of a transaction takes an offset; what was aborted is nobody's."""
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": topic})
    producer.init_transactions(30)
    for value, end in ((b"kept", producer.commit_transaction), (b"aborted", producer.abort_transaction)):
        producer.begin_transaction()
        producer.produce(topic, value, partition=0, headers=[("name", None)])
        end(30)
    assert read(kafka, topic) == [(0, b"kept")]


def test_what_is_not_there_holds_nothing(kafka: str, topic: str) -> None:
    assert read(kafka, topic) == []
    assert read(kafka, f"no-{topic}") == []


@pytest.mark.usefixtures("few_words_with_kafka")
def test_a_broker_that_is_away_is_trouble_that_passes() -> None:
    with pytest.raises(Transient):
        read(NOBODY, "letters")
