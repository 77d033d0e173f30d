"""Asking where partitions end, without waiting."""

from collections.abc import Collection
from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin._listoffsets import ListOffsetsResultInfo

from consumer.adapters.kafka.ends_watch import Answers, EndsWatch
from consumer.records import TopicPartition
from tests.fakes.clock import HandClock

EVERY = 30
ZERO, ONE = TopicPartition("memories", 0), TopicPartition("memories", 1)


class Asked:
    """A watch, and the questions that it asks; a test gives the answers."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.questions: list[set[TopicPartition]] = []
        self.answers: dict[TopicPartition, Future[ListOffsetsResultInfo]] = {}
        self.watch = EndsWatch(self._ask, self.clock, every=EVERY)

    def ends(self) -> dict[TopicPartition, int]:
        return self.watch.ends({ZERO, ONE})

    def answer(self, source: TopicPartition, end: int) -> None:
        self.answers[source].set_result(ListOffsetsResultInfo(end, -1, -1))

    def _ask(self, sources: Collection[TopicPartition]) -> Answers:
        self.questions.append(set(sources))
        self.answers = {source: Future() for source in sources}
        return self.answers


def test_one_question_at_a_time_and_none_before_it_is_time() -> None:
    asked = Asked()
    assert asked.ends() == {}
    assert asked.questions == []
    for _ in range(3):
        asked.clock.pass_(EVERY)
        assert asked.ends() == {}
    assert asked.questions == [{ZERO, ONE}]


def test_an_answer_is_told_once_when_it_is_whole() -> None:
    asked = Asked()
    asked.clock.pass_(EVERY)
    asked.ends()
    asked.answer(ZERO, 5)
    assert asked.ends() == {}
    asked.answer(ONE, 7)
    assert asked.ends() == {ZERO: 5, ONE: 7}
    assert asked.ends() == {}
    asked.clock.pass_(EVERY)
    asked.ends()
    assert len(asked.questions) == 2


def test_what_is_not_told_is_missing_and_asked_again() -> None:
    asked = Asked()
    asked.clock.pass_(EVERY)
    asked.ends()
    asked.answer(ZERO, 5)
    asked.answers[ONE].set_exception(KafkaException(KafkaError(KafkaError._TIMED_OUT)))
    assert asked.ends() == {ZERO: 5}
    asked.clock.pass_(EVERY)
    asked.ends()
    assert asked.questions == [{ZERO, ONE}, {ZERO, ONE}]
