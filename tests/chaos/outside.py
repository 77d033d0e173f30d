"""PostgreSQL and Kafka as they stand, looked at from outside, with statements that are no part of the consumer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from confluent_kafka import Consumer, Message, TopicPartition

BOUND = 120.0
"""Seconds within which something has to happen, or the test fails."""


class Partition(NamedTuple):
    """The row of a partition, and nothing else."""

    epoch: int
    next_offset: int
    read: int
    stored: int
    merged: int
    duplicates: int
    dead_lettered: int


class Outside:
    """A connection that looks, and is told of every commit.

    Triggers notify it, so that it waits for progress instead of asking for it.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        return self._connection.execute(statement).fetchall()

    def partitions(self) -> dict[int, Partition]:
        """The rows of all partitions."""
        rows = self.query(
            "SELECT partition, epoch, next_offset, records_read, stored, merged, duplicates, dead_lettered"
            " FROM partitions"
        )
        return {number: Partition(*row) for number, *row in rows}

    def read(self) -> int:
        """How many records are done."""
        return sum(partition.read for partition in self.partitions().values())

    def wait_until_read(self, records: int) -> None:
        """Wait until so many records are done."""
        self._wait_until(lambda: self.read() >= records, lambda: f"{self.read():,} of {records:,} records are done")

    def wait_for_takeover(self, before: dict[int, Partition]) -> None:
        """Wait until every partition has another owner than before."""
        self._wait_until(
            lambda: all(now.epoch != before[number].epoch for number, now in self.partitions().items()),
            lambda: "some partition has no other owner",
        )

    def wait_for(self, condition: str) -> None:
        """Wait until a condition in SQL holds. It is looked at after each commit."""
        self._wait_until(lambda: self.query(f"SELECT coalesce(({condition}), false)") == [(True,)], lambda: condition)

    def has_somebody_waiting_for_a_lock(self) -> bool:
        """Whether some session of this database waits for a lock that another one has."""
        statement = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return bool(self.query(statement))

    def check_equation(self) -> None:
        """In every partition each record read has ended once."""
        for number, row in self.partitions().items():
            assert row.read == row.stored + row.merged + row.duplicates + row.dead_lettered, (number, row)
            assert row.read == row.next_offset, "the topic has no gaps, so that every offset is a record"

    def _wait_until(self, holds: Callable[[], bool], what: Callable[[], str]) -> None:
        """Look after each commit. What does not come within the bound from here on does not come."""
        until = time.monotonic() + BOUND
        while not holds():
            left = until - time.monotonic()
            assert left > 0, f"not within {BOUND:g} s: {what()}"
            list(self._connection.notifies(timeout=left, stop_after=1))


@contextmanager
def outside(database_url: str) -> Iterator[Outside]:
    """Look at the database with this SQLAlchemy URL, whose tables exist."""
    with psycopg.connect(plain(database_url), autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN NOTIFY progress; RETURN NULL; END $$"
        )
        for table in ("partitions", "breaker_openings", "consumers"):
            connection.execute(
                f"CREATE OR REPLACE TRIGGER tell AFTER INSERT OR UPDATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION tell()"
            )
        connection.execute("LISTEN progress")
        yield Outside(connection)


@contextmanager
def locked(database_url: str, table: str) -> Iterator[None]:
    """Nobody else can read or write the table within."""
    with psycopg.connect(plain(database_url)) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def letters_in(bootstrap: str, topic: str, partitions: int) -> dict[str, bytes | None]:
    """The values of all dead letters in a topic by their ids. A letter sent twice is one; its values must be equal."""
    values: dict[str, bytes | None] = {}
    for message in everything_in(bootstrap, topic, partitions):
        headers: dict[str, Any] = dict(message.headers() or [])
        letter_id = headers["dlq.id"].decode()
        assert values.setdefault(letter_id, message.value()) == message.value(), letter_id
    return values


def committed_offsets(bootstrap: str, group: str, topic: str, partitions: int) -> dict[int, int]:
    """What Kafka has as the group's positions, of the partitions where it has one."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
    asked = [TopicPartition(topic, number) for number in range(partitions)]
    answer = consumer.committed(asked, timeout=BOUND)
    consumer.close()
    return {partition.partition: partition.offset for partition in answer if partition.offset >= 0}


def everything_in(bootstrap: str, topic: str, partitions: int) -> list[Message]:
    """All messages of a topic, in the order in which they were read."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}-reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # How long the broker waits for more before it says that this was the end.
            "fetch.wait.max.ms": 10,
        }
    )
    asked = [TopicPartition(topic, number) for number in range(partitions)]
    # By its number: told to find the beginning by itself, librdkafka takes half a second.
    earliest = [consumer.get_watermark_offsets(partition, BOUND)[0] for partition in asked]
    consumer.assign([TopicPartition(topic, number, offset) for number, offset in enumerate(earliest)])
    messages: list[Message] = []
    at_their_end = 0
    while at_their_end < partitions:
        message = consumer.poll(BOUND)
        assert message is not None, "the topic can't be read"
        if message.error():
            at_their_end += 1
        else:
            messages.append(message)
    consumer.close()
    return messages


def plain(database_url: str) -> str:
    """The URL as psycopg itself takes it."""
    return database_url.replace("postgresql+psycopg://", "postgresql://")
