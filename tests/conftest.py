"""Real services for the tests, each started when the first test asks for it, once a session.

What the environment names is used as it is: MEMORY_CONSUMER_TEST_KAFKA (bootstrap servers),
MEMORY_CONSUMER_TEST_DATABASE_URL (a role that may create databases and roles), MEMORY_CONSUMER_TEST_REDIS_URL.
Everything else is started from `consumer.devstack`. A service that can't be had skips its tests; where CI=true it
fails them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from consumer.devstack.kafka import Kafka
from consumer.devstack.mock_kafka import MockKafka
from consumer.devstack.postgres import Postgres, temporary_database
from consumer.devstack.redis import Redis, require_bloom
from consumer.devstack.service import Service, Unavailable

# A busy machine is no counterexample: how long an example takes, and how long it takes to make one up, is not judged.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap servers of a real Apache Kafka. Shared: make topics and groups of your own names."""
    with service_address("MEMORY_CONSUMER_TEST_KAFKA", Kafka) as address:
        yield address


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of a real PostgreSQL server. Shared: for tables, ask for `fresh_database`."""
    with service_address("MEMORY_CONSUMER_TEST_DATABASE_URL", lambda: Postgres(durable=False)) as address:
        yield address


@pytest.fixture
def fresh_database(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty PostgreSQL databases, gone after the test. Each call gives the SQLAlchemy URL of another one."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(temporary_database(postgres_url))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a real Redis with the Bloom module. Shared: use a key prefix of your own."""
    with service_address("MEMORY_CONSUMER_TEST_REDIS_URL", Redis) as address:
        try:
            require_bloom(address)
        except Unavailable as unavailable:
            _do_without(unavailable)
        yield address


@pytest.fixture
def few_words_with_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that is away is not asked for long."""
    monkeypatch.setattr("consumer.adapters.kafka.lookups.LOOK_UP_SECONDS", 0.5)


@pytest.fixture(scope="session")
def mock_kafka() -> Iterator[str]:
    """Bootstrap servers of librdkafka's own cluster: 4 partitions a topic, made by the first write."""
    with MockKafka() as cluster:
        yield cluster.address


@contextmanager
def service_address(variable: str, make: Callable[[], Service]) -> Iterator[str]:
    """The address that the environment names, else that of a service started for this session."""
    if named := os.environ.get(variable):
        yield named
        return
    try:
        service = make()
        service.start()
    except Unavailable as unavailable:
        _do_without(unavailable)
    try:
        yield service.address
    finally:
        service.stop()


def _do_without(unavailable: Unavailable) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(unavailable.reason, pytrace=False)
    pytest.skip(unavailable.reason)
