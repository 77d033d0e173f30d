"""What Kafka is asked before a partition is claimed."""

from collections.abc import Collection, Iterator

import pytest

from consumer.adapters.kafka.lookups import GroupPositions, KafkaLookups
from consumer.errors import Transient
from consumer.records import Found, TopicPartition

SOURCE = TopicPartition("looked-up", 0)


class Changing(KafkaLookups):
    """Tells other ids each time it is asked: topics are deleted and made anew all the time."""

    def __init__(self, bootstrap_servers: str, ids: Iterator[str | None]) -> None:
        super().__init__(bootstrap_servers)
        self._ids = ids

    def topic_ids(self, topics: Collection[str]) -> dict[str, str | Transient | None]:
        return dict.fromkeys(topics, next(self._ids))


@pytest.mark.parametrize(
    ("ids", "is_told"),
    [(["old", "old"], True), (["old", "new"], False), ([None, "new"], False), (["old", None], False)],
)
def test_offsets_are_told_under_an_id_that_they_had_all_along(
    mock_kafka: str, ids: list[str | None], *, is_told: bool
) -> None:
    """Those of a topic deleted meanwhile would be taken for offsets of the one that was made in its place."""
    with GroupPositions(mock_kafka, "group") as positions:
        positions.partitions(SOURCE.topic)
        positions.lookups = Changing(mock_kafka, iter(ids))
        answer = positions.found([SOURCE])[SOURCE]
    if is_told:
        assert isinstance(answer, Found) and answer.topic_id == ids[0]
    else:
        assert isinstance(answer, Transient) and "made anew" in str(answer)
