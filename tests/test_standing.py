"""SQL and Kafka side by side."""

from dataclasses import dataclass

import pytest

from consumer.positions import stamp
from consumer.records import Claim, Committed, Found, TopicPartition
from consumer.standing import Standing, standings

ZERO, ONE = TopicPartition("memories", 0), TopicPartition("memories", 1)


@dataclass
class Row:
    """A partition's row."""

    source: TopicPartition
    next_offset: int
    epoch: int = 1
    incarnation: int = 1
    records_read: int = 0
    skipped: int = 0
    obeyed_offset: int | None = None
    topic_id: str | None = "a"


def found(
    committed: int | None, *, ours: bool = True, earliest: int = 0, end: int = 100, topic_id: str | None = None
) -> Found:
    metadata = stamp(Claim(ZERO, 1, 0, 1)) if ours else ""
    return Found(topic_id, None if committed is None else Committed(committed, metadata), earliest, end)


@pytest.mark.parametrize(
    ("row", "kafka", "lag"),
    [
        (Row(ZERO, 90), found(90), 10),
        (Row(ZERO, 90), found(80), 10),
        (Row(ZERO, 90), found(None), 10),
        (None, found(70, ours=False), 30),
        (None, found(None, earliest=40), 60),
        (Row(ZERO, 10), found(10, earliest=40), 60),
        (Row(ZERO, 100), found(100), 0),
        (Row(ZERO, 120), found(120), None),
        (Row(ZERO, 120), found(120, earliest=40, topic_id="b"), 60),
        (Row(ZERO, 20), found(20, earliest=40, topic_id="b"), 60),
        (Row(ZERO, 90), None, None),
    ],
)
def test_lag_counts_from_the_truth(row: Row | None, kafka: Found | None, lag: int | None) -> None:
    assert Standing(ZERO, row, kafka).lag == lag


@pytest.mark.parametrize(
    ("row", "kafka", "remark"),
    [
        (Row(ZERO, 90), found(90), ""),
        (Row(ZERO, 90), None, ""),
        (Row(ZERO, 90), found(None), ""),
        (Row(ZERO, 90), found(90, ours=False), ""),
        (Row(ZERO, 90), found(80), "Kafka follows with the next commit"),
        (Row(ZERO, 90), found(10, ours=False), "moved by an operator: obeyed at the next start"),
        (
            Row(ZERO, 90, obeyed_offset=10),
            found(10, ours=False),
            "Kafka follows with the next commit: its own is older",
        ),
        (Row(ZERO, 120), found(120), "beyond the end: the topic was cut short"),
        (Row(ZERO, 10), found(10, earliest=40), "offsets deleted before they were read: 30"),
        (
            Row(ZERO, 120),
            found(120, topic_id="b"),
            "the topic was made anew: read from the earliest record, by a running consumer within seconds",
        ),
        (None, found(10), "not read yet"),
    ],
)
def test_what_a_person_should_know(row: Row | None, kafka: Found | None, remark: str) -> None:
    assert Standing(ZERO, row, kafka).remark == remark


def test_all_partitions_that_either_side_knows_in_order() -> None:
    told = standings([Row(ONE, 5)], {ONE: found(5), ZERO: found(None)})
    assert [(each.source, each.next_offset, each.end) for each in told] == [(ZERO, None, 100), (ONE, 5, 100)]


def test_a_partition_is_gone_only_where_kafka_told_all_that_its_topic_has() -> None:
    rows = [Row(TopicPartition(topic, number), 5) for topic in ("cut", "gone", "unasked") for number in (0, 1)]
    leaderless = TopicPartition("cut", 0)
    told = {str(each.source): each.remark for each in standings(rows, {}, {"cut": [leaderless], "gone": []})}
    gone = "Kafka has no such partition"
    assert told == {"cut[0]": "", "cut[1]": gone, "gone[0]": gone, "gone[1]": gone, "unasked[0]": "", "unasked[1]": ""}
