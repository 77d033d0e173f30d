"""The servers that a benchmark runs against."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from consumer.devstack.kafka import Kafka
from consumer.devstack.postgres import Postgres
from consumer.devstack.redis import Redis, require_bloom


@dataclass(slots=True, frozen=True)
class Database:
    """A PostgreSQL server: its SQLAlchemy URL, and its process where that is ours to look at."""

    url: str
    pid: int | None = None


@dataclass(slots=True, frozen=True)
class Servers:
    """All that a consumer needs."""

    kafka: str
    database: Database
    redis_url: str


@contextmanager
def started_database() -> Iterator[Database]:
    """A PostgreSQL that waits for the disk at every commit, its settings otherwise as they come."""
    with Postgres(durable=True) as postgres:
        yield Database(postgres.address, postgres.process.pid)


@contextmanager
def started_servers() -> Iterator[Servers]:
    """A broker, a database and a Redis with Bloom on this machine. Raises `Unavailable` where one can't be had."""
    with started_database() as database, Kafka() as kafka, Redis() as redis:
        require_bloom(redis.address)
        yield Servers(kafka.address, database, redis.address)
