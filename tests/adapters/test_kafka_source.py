"""The source on real Kafka: every way of sharing partitions out, and brokers that are away or can't tell."""

from contextlib import ExitStack
from time import monotonic

import pytest
from confluent_kafka import Producer

from consumer.adapters.kafka.lookups import GroupPositions, KafkaLookups
from consumer.adapters.kafka.source import KafkaSource
from consumer.batching import BatchLimits
from consumer.errors import Fatal, SettingsError, Transient
from consumer.process.clock import SystemClock
from consumer.records import Claim, Found, TopicPartition
from tests.contracts.places import (
    ATTENTIVE,
    BOUND,
    Member,
    RealPlace,
    claimed_anew,
    found,
    next_batch,
    own,
    start_in_time,
    until,
)

NOBODY = "127.0.0.1:1"
LIMITS = BatchLimits(count=100, seconds=0.1)

PROTOCOLS = {
    "cooperative": ATTENTIVE,
    "eager": {**ATTENTIVE, "partition.assignment.strategy": "range"},
    "next-generation": {"group.protocol": "consumer", "fetch.wait.max.ms": "50"},
}


def start_what_is_new(member: Member, place: RealPlace) -> None:
    """What the loop does, less the database: read on from where the group stands."""
    for source in member.changes().assigned:
        committed = place.committed(source)
        member.start(source, committed.offset if committed else 0)


def poll_and_commit(member: Member, place: RealPlace) -> list[bytes | None]:
    start_what_is_new(member, place)
    batch = member.poll(LIMITS)
    if batch is None:
        return []
    member.commit({source: Claim(source, 1, offset, 1) for source, offset in batch.next_offsets().items()})
    return [record.value for record in batch.records]


@pytest.mark.parametrize("protocol", ["cooperative", "eager", "next-generation"])
def test_two_members_trade_partitions_and_read_everything_once(kafka: str, protocol: str) -> None:
    with ExitStack() as cleanup:
        place = RealPlace(kafka, cleanup, PROTOCOLS[protocol])
        first = place.member()
        for partition in (0, 1):
            place.publish(partition, b"1-%d" % partition)
        read: list[bytes | None] = []

        def first_reads() -> bool | None:
            read.extend(poll_and_commit(first, place))
            return True if len(read) == 2 else None

        until(first_reads)
        second = place.member()
        by_second: list[bytes | None] = []

        def both_read() -> bool | None:
            for partition in (0, 1):
                place.publish(partition, b"more")
            read.extend(poll_and_commit(first, place))
            by_second.extend(poll_and_commit(second, place))
            return True if by_second else None

        until(both_read)
        second.close()
        published = sum(found(first, source).end for source in sources(place))

        def first_reads_the_rest() -> bool | None:
            read.extend(poll_and_commit(first, place))
            return True if len(read) + len(by_second) >= published else None

        until(first_reads_the_rest)
        assert len(read) + len(by_second) == published
        assert [place.committed(source) for source in sources(place)] == [
            found(first, source).committed for source in sources(place)
        ]


@pytest.mark.parametrize("protocol", ["eager", "next-generation"])
def test_a_partition_out_of_range_can_be_read_again(kafka: str, protocol: str) -> None:
    with ExitStack() as cleanup:
        place = RealPlace(kafka, cleanup, PROTOCOLS[protocol])
        source = TopicPartition(place.topic, 0)
        for _ in range(5):
            place.publish(0, b"x")
        place.delete_before(source, 4)
        member = place.member()
        own(member, 2)
        member.start(source, 1)

        assert claimed_anew(member) == ({source} if protocol != "eager" else set(sources(place)))
        start_in_time(member, source, 4)
        assert [record.offset for record in next_batch(member, LIMITS).records] == [4]


def test_an_offset_out_of_range_that_is_told_when_nobody_reads_there_any_more_is_got_over(kafka: str) -> None:
    """A topic made anew is claimed anew, while the answer to a fetch at the old offset is on its way."""
    with ExitStack() as cleanup:
        place = RealPlace(kafka, cleanup)
        source = TopicPartition(place.topic, 0)
        place.publish(0, b"x")
        member = place.member()
        own(member, 2)

        def is_let_go() -> bool | None:
            try:
                member.start(source, 7)
            except Transient:
                return True
            found(member, source)  # which takes as long as a fetch
            return None

        until(is_let_go)
        member.stop(source)
        start_in_time(member, source, 0)
        assert [record.offset for record in next_batch(member, LIMITS).records] == [0]


def test_a_static_member_whose_place_is_taken_stops_with_advice(kafka: str) -> None:
    with ExitStack() as cleanup:
        place = RealPlace(kafka, cleanup, {**ATTENTIVE, "group.instance.id": "the only one"})
        first = place.member()
        own(first, 2)
        second = place.member()

        def polled() -> None:
            second.poll(LIMITS)
            first.poll(LIMITS)

        with pytest.raises(Fatal, match="fenced") as raised:
            until(polled)
        assert "group.instance.id" in raised.value.advice


def sources(place: RealPlace) -> list[TopicPartition]:
    return [TopicPartition(place.topic, 0), TopicPartition(place.topic, 1)]


def test_a_broker_that_is_away_is_a_reason_to_show_not_an_error() -> None:
    source = KafkaSource(NOBODY, "group", ["memories"], SystemClock(), {})

    def in_trouble() -> str | None:
        assert source.poll(LIMITS) is None
        return source.trouble

    assert "refused" in until(in_trouble) or "down" in until(in_trouble)
    source.close()


def test_a_look_up_that_is_not_answered_passes() -> None:
    with pytest.raises(Transient, match="can't look up topic"):
        KafkaLookups(NOBODY, patience=0.2).partitions("memories")


def test_the_mock_cluster_has_no_topic_ids_and_says_so_at_once(
    mock_kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumer.adapters.kafka.lookups.LOOK_UP_SECONDS", BOUND)
    producer = Producer({"bootstrap.servers": mock_kafka})
    producer.produce("memories-on-the-mock", b"x", partition=0)
    assert producer.flush(BOUND) == 0
    written, never_made = TopicPartition("memories-on-the-mock", 0), TopicPartition("memories-on-the-mock", 99)
    started = monotonic()

    with GroupPositions(mock_kafka, "group") as positions:
        answers = positions.found([written, never_made])

    assert answers[written] == Found(topic_id=None, committed=None, earliest=0, end=1)
    assert isinstance(answers[never_made], Transient)
    assert monotonic() - started < BOUND, "waited for a controller that there is not"


def test_nothing_passed_through_takes_the_guarantee_away(kafka: str) -> None:
    properties = {
        **ATTENTIVE,
        "enable.auto.commit": "true",
        "enable.auto.offset.store": "true",
        "auto.commit.interval.ms": "10",
        "auto.offset.reset": "latest",
    }
    with ExitStack() as cleanup:
        place = RealPlace(kafka, cleanup, properties)
        place.publish(0, b"x")
        member = place.member()

        def read() -> bool | None:
            start_what_is_new(member, place)
            return True if member.poll(LIMITS) else None

        until(read)
        member.hold(0.3, lambda: False)
        member.close()
        assert place.committed(TopicPartition(place.topic, 0)) is None


def test_holding_fetches_nothing_however_much_is_published(kafka: str) -> None:
    """A record on its way may still come; what was read before the wait would have to be kept, and grow without end."""
    with ExitStack() as cleanup:
        place = RealPlace(kafka, cleanup)
        member = place.member()
        assert isinstance(member, KafkaSource)
        for source in own(member, 2):
            member.start(source, 0)
        place.publish(0, b"read")
        next_batch(member, LIMITS)
        for _ in range(50):
            place.publish(0, b"meanwhile")
        member.hold(0.5, lambda: False)
        assert len(member._carried) <= 1


@pytest.mark.parametrize(
    "properties",
    [{"no.such.property": "1"}, {"session.timeout.ms": "soon"}, {"security.protocol": "carrier-pigeon"}],
    ids=lambda each: next(iter(each)),
)
def test_a_property_that_librdkafka_refuses_is_a_wrong_setting(properties: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(properties))) as raised:
        KafkaSource(NOBODY, "group", ["memories"], SystemClock(), properties)
    assert "CONSUMER_KAFKA__" in raised.value.advice
