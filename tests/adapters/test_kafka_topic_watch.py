"""What a watch on topics makes of the answers, without Kafka."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumer.adapters.kafka.topic_watch import ASK_EVERY_SECONDS, TopicWatch
from tests.fakes.clock import HandClock


class Cluster:
    """Answers with the ids that a test sets; not before it is told to, if `is_slow`."""

    def __init__(self) -> None:
        self.ids: dict[str, str | KafkaException] = {"memories": "one"}
        self.is_slow = False
        self.asked: list[Future[Any]] = []

    def ask(self, topics: Collection[str]) -> Mapping[str, Future[Any]]:
        answers = {topic: Future[Any]() for topic in topics}
        self.asked += answers.values()
        if not self.is_slow:
            for topic, future in answers.items():
                self.answer(future, topic)
        return answers

    def answer(self, future: Future[Any], topic: str) -> None:
        told = self.ids[topic]
        if isinstance(told, KafkaException):
            future.set_exception(told)
        else:
            future.set_result(SimpleNamespace(topic_id=told))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def watch(cluster: Cluster, clock: HandClock) -> TopicWatch:
    watch = TopicWatch(cluster.ask, clock)
    watch.found("memories", "one")
    return watch


def looked(watch: TopicWatch, clock: HandClock) -> set[str]:
    """What is told by the next question and its answer."""
    clock.pass_(ASK_EVERY_SECONDS)
    return watch.made_anew() | watch.made_anew()


def test_another_id_is_told_once_however_often_it_was_the_same_before(
    watch: TopicWatch, cluster: Cluster, clock: HandClock
) -> None:
    assert [looked(watch, clock) for _ in range(3)] == [set(), set(), set()]
    cluster.ids["memories"] = "two"
    assert [looked(watch, clock) for _ in range(2)] == [{"memories"}, set()]
    cluster.ids["memories"] = "three"
    assert looked(watch, clock) == {"memories"}


def test_another_id_that_one_partition_found_is_told_for_the_others(watch: TopicWatch, cluster: Cluster) -> None:
    """What was asked before does not count any more."""
    assert watch.made_anew() == set()
    cluster.ids["memories"] = "two"
    watch.found("memories", "two")
    assert watch.made_anew() == {"memories"}
    assert watch.made_anew() == set()


def test_it_asks_now_and_then_only_and_waits_for_no_answer(
    watch: TopicWatch, cluster: Cluster, clock: HandClock
) -> None:
    cluster.is_slow = True
    for _ in range(5):
        assert watch.made_anew() == set()
    clock.pass_(ASK_EVERY_SECONDS)
    assert watch.made_anew() == set()
    assert len(cluster.asked) == 1
    cluster.ids["memories"] = "two"
    cluster.answer(cluster.asked[0], "memories")
    assert watch.made_anew() == {"memories"}


def test_on_suspicion_it_asks_at_once(watch: TopicWatch, cluster: Cluster, clock: HandClock) -> None:
    assert looked(watch, clock) == set()
    watch.suspect()
    cluster.ids["memories"] = "two"
    assert watch.made_anew() | watch.made_anew() == {"memories"}


def test_a_topic_that_is_gone_or_can_not_be_asked_for_is_not_another(
    watch: TopicWatch, cluster: Cluster, clock: HandClock
) -> None:
    cluster.ids["memories"] = KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    assert looked(watch, clock) == set()
    cluster.ids["memories"] = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    assert looked(watch, clock) == set()
    cluster.ids["memories"] = "two"
    assert looked(watch, clock) == {"memories"}


def test_a_topic_that_is_gone_is_trouble_while_it_lasts(watch: TopicWatch, cluster: Cluster, clock: HandClock) -> None:
    assert watch.trouble is None
    cluster.ids["memories"] = KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    for _ in range(2):
        looked(watch, clock)
        assert watch.trouble == "there is no topic memories any more"
    cluster.ids["memories"] = "two"
    assert looked(watch, clock) == {"memories"}
    assert watch.trouble is None


def test_a_claim_that_finds_the_topic_ends_the_trouble(watch: TopicWatch, cluster: Cluster, clock: HandClock) -> None:
    cluster.ids["memories"] = KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    looked(watch, clock)
    watch.found("memories", "two")
    assert watch.trouble is None


def test_where_there_are_no_ids_nothing_is_asked(cluster: Cluster, clock: HandClock) -> None:
    watch = TopicWatch(cluster.ask, clock)
    watch.found("memories", None)
    assert looked(watch, clock) == set()
    assert not cluster.asked
