"""The composition root: the only place where parts are built and put together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, make_url

from consumer.adapters.avro import AvroEncoder
from consumer.adapters.kafka_lookups import GroupPositions
from consumer.adapters.kafka_publisher import KafkaPublisher
from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.memory_reader import MemoryReader
from consumer.adapters.sql.operations import Operations
from consumer.errors import Fatal
from consumer.settings.fields import DatabaseSettings, KafkaSettings


def upgrade_database(settings: DatabaseSettings) -> tuple[str | None, str]:
    """Bring the tables up to date. Returns the version before and after."""
    with _engine(settings) as engine:
        return migrating.upgrade(engine)


def database_version(settings: DatabaseSettings) -> tuple[str | None, str]:
    """The version of the tables, None where there are none, and the version needed."""
    _require_file(settings)
    with _engine(settings) as engine:
        return migrating.current(engine), migrating.head()


@contextmanager
def _engine(settings: DatabaseSettings) -> Iterator[Engine]:
    engine = open_engine(settings.database_url, connect_timeout=settings.database_connect_timeout_seconds)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def database(settings: DatabaseSettings) -> Iterator[Engine]:
    """The database with its tables up to date. A SQLite file is made and migrated; of a server, that is asked for.

    Raises `Fatal` where `db upgrade` has to be run first.
    """
    with _engine(settings) as engine:
        if engine.dialect.name == "sqlite":
            migrating.upgrade(engine)
        else:
            migrating.require_current(engine)
        yield engine


def _require_file(settings: DatabaseSettings) -> None:
    """Looking into a SQLite file must not make one."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        raise Fatal(
            f"there is no database file {url.database}",
            advice="Name another with --database-url or CONSUMER_DATABASE_URL.",
        )


@contextmanager
def existing_database(settings: DatabaseSettings) -> Iterator[Engine]:
    """A database to read from. Raises `Fatal` where there is none, and makes none."""
    _require_file(settings)
    with _engine(settings) as engine:
        migrating.require_current(engine)
        yield engine


@contextmanager
def memory_reader(settings: DatabaseSettings) -> Iterator[MemoryReader]:
    """What is stored, to look at."""
    with existing_database(settings) as engine:
        yield MemoryReader(engine)


@contextmanager
def operations(settings: DatabaseSettings) -> Iterator[Operations]:
    """Positions and counts, to look at and to look after."""
    with existing_database(settings) as engine:
        yield Operations(engine)


@contextmanager
def group_positions(settings: KafkaSettings) -> Iterator[GroupPositions]:
    """Where the group stands in Kafka, asked without joining it."""
    with GroupPositions(settings.kafka_bootstrap_servers, settings.group_id, settings.kafka) as positions:
        yield positions


def publisher(settings: KafkaSettings, topic: str) -> KafkaPublisher:
    """Publishes events to a topic, in the current schema."""
    return KafkaPublisher(settings.kafka_bootstrap_servers, topic, AvroEncoder().encode, settings.kafka)
