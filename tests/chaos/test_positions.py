"""Positions moved by people and by accidents, on real Kafka and PostgreSQL: what is read, and how it ends."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.cimpl import NewTopic
from psycopg import sql
from sqlalchemy import make_url

from consumer.devstack.java import find_java
from consumer.devstack.kafka_jars import kafka_jars
from consumer.memory.model import MemoryEvent
from tests import wire
from tests.chaos.outside import everything_in, outside
from tests.chaos.publishing import Topics
from tests.chaos.real_group import BOUND, Counts, Group, publish
from tests.stories import event

NOON = 1_769_860_800
"""2026-01-31T12:00:00Z."""


def told(*numbers: int) -> list[MemoryEvent]:
    """Events of memories of their own."""
    return [event(f"e{number}", f"m{number}") for number in numbers]


def named(*numbers: int) -> set[str]:
    """The ids of their memories."""
    return {f"m{number}" for number in numbers}


class TestMovedByOffsets:
    """`offsets rewind` and `skip`."""

    def test_a_stopped_group_is_moved_by_time_and_by_number(self, kafka: str, group: Group) -> None:
        publish(kafka, group.topic, told(*range(10)), at_seconds=range(NOON, NOON + 10))
        group.read(10)
        rewound = group.told("offsets", "rewind", "--to-time", "2026-01-31T12:00:06Z", "--partition", "0", "--yes")
        assert rewound["partitions"][0]["to_offset"] == 6
        logs = group.read(4)
        assert group.partitions()[0] == Counts(2, 10, read=14, stored=10, duplicates=4, dead_lettered=0, skipped=0)
        assert "position moved" not in [each["event"] for each in logs], "it was moved already"

        publish(kafka, group.topic, told(*range(10, 20)))
        group.told("offsets", "skip", "--by", "3", "--partition", "0", "--yes")
        group.read(7)
        assert group.partitions()[0] == Counts(3, 20, read=21, stored=17, duplicates=4, dead_lettered=0, skipped=3)
        assert group.memories() == named(*range(10), *range(13, 20))
        assert group.changes() == [("rewound", 10, 6, 0), ("skipped", 10, 13, 3)]

    def test_a_running_group_goes_on_from_where_it_was_moved_to(self, kafka: str, group: Group) -> None:
        url = group.environment["CONSUMER_DATABASE_URL"]
        publish(kafka, group.topic, told(*range(30)))
        with outside(url) as database, group.running():
            database.wait_until_read(30)
            group.told("offsets", "rewind", "--to", "earliest", "--partition", "0", "--yes")
            publish(kafka, group.topic, told(30))
            database.wait_until_read(61)
        assert group.partitions()[0][1:] == (31, 61, 31, 30, 0, 0)
        assert group.memories() == named(*range(31))

    @pytest.mark.proof
    def test_one_that_has_nothing_to_do_notices_too(self, kafka: str, group: Group) -> None:
        publish(kafka, group.topic, told(*range(30)))
        with outside(group.environment["CONSUMER_DATABASE_URL"]) as database, group.running():
            database.wait_until_read(30)
            group.told("offsets", "rewind", "--by", "20", "--partition", "0", "--yes")
            database.wait_until_read(50)
        assert group.partitions()[0][1:] == (30, 50, 30, 20, 0, 0)

    @pytest.mark.parametrize("moves", [12, pytest.param(100, marks=pytest.mark.proof)])
    def test_at_any_moment_the_counters_are_what_the_history_says(self, kafka: str, group: Group, moves: int) -> None:
        """Two members read while their positions are moved back and forth."""
        chance, last = _chance(), 200 + 120 * moves
        for partition in (0, 1):
            publish(kafka, group.topic, told(*range(partition * last, (partition + 1) * last)), partition=partition)
        with outside(group.environment["CONSUMER_DATABASE_URL"]) as database, group.running(), group.running():
            for _ in range(moves):
                enough = database.read() + chance.randrange(1, 80)
                database.wait_for(
                    f"SELECT count(*) = 2 AND (sum(records_read) >= {enough} OR bool_and(next_offset = {last}))"
                    " FROM partitions"
                )
                way, partition, offsets = (
                    chance.choice(("rewind", "skip")),
                    chance.randrange(2),
                    chance.randrange(1, 60),
                )
                # What would leave the partition, or was overtaken meanwhile, is refused and changes nothing.
                group.command("offsets", way, "--by", str(offsets), "--partition", str(partition), "--yes")
            database.wait_for(f"SELECT bool_and(next_offset = {last}) FROM partitions")
        skipped: set[str] = set()
        for partition, row in group.partitions().items():
            history = group.query(
                "SELECT from_offset, to_offset FROM position_changes"
                f" WHERE partition = {partition} AND because IN ('rewound', 'skipped') ORDER BY id"
            )
            assert row.read == last + sum(before - after for before, after in history)
            assert row.skipped == sum(max(0, after - before) for before, after in history)
            assert row.incarnation == 1 + len(history)
            for before, after in history:
                skipped |= named(*range(partition * last + before, partition * last + after))
        assert named(*range(2 * last)) - group.memories() <= skipped
        assert sum(row.stored for row in group.partitions().values()) == len(group.memories())


class TestMovedByKafkasOwnTool:
    """`kafka-consumer-groups --reset-offsets`, on a stopped group."""

    def test_it_is_obeyed_once_and_loudly(self, kafka: str, group: Group) -> None:
        for partition in (0, 1):
            publish(kafka, group.topic, told(*range(partition * 10, partition * 10 + 10)), partition=partition)
        group.read(20)
        publish(kafka, group.topic, told(*range(20, 30)), partition=1)
        _reset_offsets(kafka, group, [f"{group.topic}:0", f"{group.topic}:1"], "--shift-by", "-4")
        _reset_offsets(kafka, group, [f"{group.topic}:1"], "--to-offset", "15")

        logs = group.read(4 + 5)
        loud = [(each["because"], each["skipped"]) for each in logs if each["event"] == "position moved"]
        assert sorted(loud) == [("moved_by_operator", 0), ("moved_by_operator", 5)]
        assert group.partitions() == {
            0: Counts(2, 10, read=14, stored=10, duplicates=4, dead_lettered=0, skipped=0),
            1: Counts(2, 20, read=15, stored=15, duplicates=0, dead_lettered=0, skipped=5),
        }
        assert group.memories() == named(*range(20), *range(25, 30))
        assert sorted(group.changes()) == [("moved_by_operator", 10, 6, 0), ("moved_by_operator", 10, 15, 5)]

        publish(kafka, group.topic, told(30))
        group.read(1)
        assert len(group.changes()) == 2, "once"

    def test_whoever_asks_for_the_same_again_is_obeyed_again(self, kafka: str, group: Group) -> None:
        publish(kafka, group.topic, told(*range(10)))
        group.read(10)
        url = group.environment["CONSUMER_DATABASE_URL"]
        for times in (1, 2):
            _commit_without_a_stamp(kafka, group, 0)
            with outside(url) as database, group.running():
                database.wait_until_read(10 + 10 * times)
                database.wait_for("SELECT bool_and(obeyed_offset IS NULL) FROM partitions")
        assert group.partitions()[0] == Counts(3, 10, read=30, stored=10, duplicates=20, dead_lettered=0, skipped=0)


class TestDatabaseRestored:
    """From a backup that lacks what was done last: Kafka's offset is ahead of it, and carries our stamp."""

    def test_while_the_group_was_stopped(
        self, kafka: str, group: Group, redis_url: str, fresh_database: Callable[[], str]
    ) -> None:
        filtered = Group({**group.environment, "CONSUMER_REDIS_URL": redis_url})
        publish(kafka, group.topic, told(*range(10)))
        filtered.read(10)
        backup = fresh_database()
        _copy(filtered, backup)
        publish(kafka, group.topic, told(*range(10, 20)))
        filtered.read(10)

        restored = filtered.on(backup)
        assert restored.partitions()[0].next_offset == 10
        restored.read(10)
        assert restored.partitions()[0] == Counts(1, 20, read=20, stored=20, duplicates=0, dead_lettered=0, skipped=0)
        assert restored.memories() == named(*range(20)), "the filter knew them, the database decided"
        assert restored.changes() == []

    @pytest.mark.parametrize("is_older", [False, pytest.param(True, marks=pytest.mark.proof)])
    def test_under_a_running_group(
        self, kafka: str, group: Group, fresh_database: Callable[[], str], *, is_older: bool
    ) -> None:
        """From a backup of the time since it runs, or from before that, under another owner."""
        backup, url = fresh_database(), group.environment["CONSUMER_DATABASE_URL"]
        publish(kafka, group.topic, told(*range(10)))
        group.read(10)
        if is_older:
            _copy(group, backup)
        with group.running():
            _publish_and_await(kafka, group, range(10, 20), 20)
            if not is_older:
                _copy(group, backup)
            _publish_and_await(kafka, group, range(20, 30), 30)
            _put_in_place(backup, url)
            _publish_and_await(kafka, group, range(30, 40), 40)
        assert group.partitions()[0][1:] == (40, 40, 40, 0, 0, 0)
        assert group.memories() == named(*range(40))


class TestTopicMadeAnew:
    """Deleted and made again under the same name while the group was stopped."""

    def test_it_is_read_from_the_beginning_and_what_comes_again_is_a_duplicate(
        self, kafka: str, made: Topics, group: Group
    ) -> None:
        publish(kafka, group.topic, [*told(*range(9)), b"bad once"])
        group.read(10)
        _make_anew(kafka, group.topic)
        publish(kafka, group.topic, [*told(*range(5, 14)), b"bad again"])

        logs = group.read(10)
        loud = [each["because"] for each in logs if each["event"] == "position moved"]
        assert loud == ["topic_recreated"] * 2, "each partition is another one"
        assert group.partitions()[0] == Counts(2, 10, read=20, stored=14, duplicates=4, dead_lettered=2, skipped=0)
        assert group.memories() == named(*range(14))
        assert group.changes() == [("topic_recreated", 10, 0, 0), ("topic_recreated", 0, 0, 0)]
        letters = everything_in(kafka, made.letters, 2)
        assert sorted(letter.value() or b"" for letter in letters) == [b"bad again", b"bad once"]
        headers = [dict(letter.headers() or []) for letter in letters]
        assert {each["dlq.id"] for each in headers} == {f"{group.topic}-0-9".encode()}
        assert len({each["dlq.timestamp"] for each in headers}) == 2, "by which they are told apart"


class TestRetention:
    """Records that Kafka deleted."""

    def test_below_the_position_it_changes_nothing(self, kafka: str, group: Group) -> None:
        publish(kafka, group.topic, told(*range(10)))
        group.read(10)
        _delete_before(kafka, group.topic, 7)
        publish(kafka, group.topic, told(10))
        group.read(1)
        assert group.partitions()[0] == Counts(1, 11, read=11, stored=11, duplicates=0, dead_lettered=0, skipped=0)

    def test_past_the_position_it_is_said_and_skipped_by_hand(self, kafka: str, group: Group) -> None:
        publish(kafka, group.topic, told(*range(10)))
        group.read(4)
        _delete_before(kafka, group.topic, 7)
        refused = group.run("--until-idle", "5")
        assert refused.returncode == 1
        assert f"{group.topic}[0] is to be read from offset 4 on, but it has 7 up to 10" in refused.stderr
        assert "memory-consumer offsets skip --to earliest" in refused.stderr
        assert group.partitions()[0].next_offset == 4

        group.told("offsets", "skip", "--to", "earliest", "--partition", "0", "--yes")
        group.read(3)
        assert group.partitions()[0] == Counts(2, 10, read=7, stored=7, duplicates=0, dead_lettered=0, skipped=3)


class TestGaps:
    """Offsets that hold no record. `read` counts records."""

    def test_markers_and_records_of_transactions(self, kafka: str, group: Group) -> None:
        producer = Producer({"bootstrap.servers": kafka, "transactional.id": group.topic})
        producer.init_transactions(BOUND)
        for numbers, is_committed in ((range(5), True), (range(5, 10), False), (range(10, 15), True)):
            producer.begin_transaction()
            for each in told(*numbers):
                producer.produce(group.topic, wire.encode(each), each.memory_id, 0)
            producer.flush(BOUND)
            (producer.commit_transaction if is_committed else producer.abort_transaction)(BOUND)
        group.read(10)
        assert group.partitions()[0] == Counts(1, 17, read=10, stored=10, duplicates=0, dead_lettered=0, skipped=0)
        assert group.memories() == named(*range(5), *range(10, 15))
        assert group.told("offsets", "show")[0]["lag"] == 1, "the last marker is no record"
        ended = group.run("--until-idle", "0.5")
        assert ended.returncode == 0 and '"records": 0' in ended.stderr, ended.stderr

    def test_what_compaction_took(self, kafka: str, group: Group) -> None:
        """Of each key only the newest record is left."""
        topic = f"{group.topic}-compacted"
        compacted = Group({**group.environment, "CONSUMER_TOPICS": topic, "CONSUMER_GROUP_ID": topic})
        with _quickly_compacted(kafka, topic):
            publish(kafka, topic, [event(f"e{number}", "m0", minute=number) for number in range(10)])
            compacted.read(5)
            # What is an hour younger begins another segment; the one before it can be compacted then.
            an_hour_on = int(time.time()) + 3600
            publish(kafka, topic, told(11, 12), at_seconds=[an_hour_on, an_hour_on])
            _wait_for_compaction(kafka, topic, leaves=[9, 10, 11])
            compacted.read(3)
            assert compacted.told("offsets", "show")[0]["lag"] == 0
        assert compacted.partitions()[0] == Counts(1, 12, read=8, stored=8, duplicates=0, dead_lettered=0, skipped=0)
        assert compacted.memories() == named(0, 11, 12)


class TestTwoGroupsOnOneDatabase:
    """They read the same topic at the same time: the ledger is common, rows and counters are each their own."""

    def test_each_memory_is_stored_by_one_of_them(self, kafka: str, made: Topics, group: Group) -> None:
        other = Group({**group.environment, "CONSUMER_GROUP_ID": f"{group.name}-other"})
        events = told(*range(400))
        with outside(group.environment["CONSUMER_DATABASE_URL"]) as database, group.running(), other.running():
            database.wait_for("SELECT count(*) = 4 FROM partitions")
            for partition in (0, 1):
                publish(kafka, group.topic, events[partition::2], partition=partition)
            database.wait_for("SELECT sum(records_read) = 800 FROM partitions")
        rows = [*group.partitions().values(), *other.partitions().values()]
        assert [row.next_offset for row in rows] == [200] * 4
        assert sum(row.stored for row in rows) == sum(row.duplicates for row in rows) == 400
        assert group.memories() == named(*range(400))


def _make_anew(kafka: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.delete_topics([topic])[topic].result(BOUND)
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(BOUND)


@contextmanager
def _quickly_compacted(kafka: str, topic: str) -> Iterator[None]:
    """A topic of one partition that is compacted within a moment."""
    admin = AdminClient({"bootstrap.servers": kafka})
    backoff = ConfigEntry("log.cleaner.backoff.ms", "100", incremental_operation=AlterConfigOpType.SET)
    (broker,) = admin.list_topics(timeout=BOUND).brokers
    asked = ConfigResource(ConfigResource.Type.BROKER, str(broker), incremental_configs=[backoff])
    for changed in admin.incremental_alter_configs([asked]).values():
        changed.result(BOUND)
    config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "60000"}
    admin.create_topics([NewTopic(topic, 1, 1, config=config)])[topic].result(BOUND)
    yield
    admin.delete_topics([topic])[topic].result(BOUND)


def _wait_for_compaction(kafka: str, topic: str, leaves: list[int]) -> None:
    """Kafka tells nobody of it. A look is a read of the whole topic by a new client, which takes its time."""
    until = time.monotonic() + BOUND
    while [record.offset() for record in everything_in(kafka, topic, 1)] != leaves:
        assert time.monotonic() < until


def _delete_before(kafka: str, topic: str, offset: int) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    for deleted in admin.delete_records([KafkaPartition(topic, 0, offset)]).values():
        deleted.result(BOUND)


def _reset_offsets(kafka: str, group: Group, partitions: Sequence[str], *to: str) -> None:
    command = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{kafka_jars()}/*"]
    tool = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
    meant = [word for partition in partitions for word in ("--topic", partition)]
    arguments = ["--bootstrap-server", kafka, "--group", group.name, "--reset-offsets", "--execute"]
    done = subprocess.run(
        [find_java(), *command, tool, *arguments, *meant, *to], capture_output=True, text=True, timeout=BOUND
    )
    assert done.returncode == 0 and "NEW-OFFSET" in done.stdout, done.stdout + done.stderr


def _commit_without_a_stamp(kafka: str, group: Group, offset: int) -> None:
    """What Kafka's own tool does, without starting Java for it."""
    operator = Consumer({"bootstrap.servers": kafka, "group.id": group.name})
    operator.commit(offsets=[KafkaPartition(group.topic, 0, offset)], asynchronous=False)
    operator.close()


def _publish_and_await(kafka: str, group: Group, numbers: Iterable[int], read: int) -> None:
    publish(kafka, group.topic, told(*numbers))
    with outside(group.environment["CONSUMER_DATABASE_URL"]) as database:
        database.wait_until_read(read)


def _chance() -> random.Random:
    seed = int(os.environ.get("MEMORY_CONSUMER_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"repeat with MEMORY_CONSUMER_TEST_SEED={seed}")
    return random.Random(seed)


def _copy(group: Group, to_url: str) -> None:
    """A copy of the group's database takes the place of the one that the URL names."""
    server = make_url(to_url)
    with _administrator(to_url) as connection:
        source, copy = make_url(group.environment["CONSUMER_DATABASE_URL"]).database or "", server.database or ""
        _send_away(connection, source)
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(copy)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(source))
        )
        _let_in(connection, source)


def _put_in_place(url: str, of_url: str) -> None:
    """The database takes the name of the other, whoever is connected to that; the two change names."""
    with _administrator(url) as connection:
        restored, lost = make_url(url).database or "", make_url(of_url).database or ""
        _send_away(connection, lost)
        for name, new in ((lost, f"{lost}_away"), (restored, lost), (f"{lost}_away", restored)):
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new))
            )
        _let_in(connection, restored)


@contextmanager
def _administrator(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    server = make_url(url).set(database="postgres", drivername="postgresql")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def _send_away(connection: "psycopg.Connection[tuple[object, ...]]", database: str) -> None:
    """Nobody is connected to it, and nobody can connect."""
    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(database)))
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])


def _let_in(connection: "psycopg.Connection[tuple[object, ...]]", database: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(database)))
