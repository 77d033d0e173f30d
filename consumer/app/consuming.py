"""A consumer, put together."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import structlog
from sqlalchemy import Engine

from consumer.adapters.avro import AvroDecoder, SchemaDirectory
from consumer.adapters.kafka.dead_letters import KafkaDeadLetters
from consumer.adapters.kafka.lookups import KafkaLookups
from consumer.adapters.kafka.source import KafkaSource
from consumer.adapters.no_filter import NoFilter
from consumer.adapters.redis.bloom_filter import RedisBloomFilter
from consumer.adapters.redis.generations import Generations
from consumer.adapters.sql.openings import SqlOpenings
from consumer.adapters.sql.operations import Operations
from consumer.adapters.sql.store import SqlStore
from consumer.app.databases import database
from consumer.app.policies import bands_and_bounds, limits, membership, patience, timeouts, tolerance
from consumer.breaker import Breaker
from consumer.deadletters.letter import Sender
from consumer.errors import Fatal
from consumer.legacy_topics import DecoderByTopic, LegacyDecoder
from consumer.memory.contract import schema_directory
from consumer.memory.legacy import FORMS
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.ports import Clock, Decoder, Observer, SeenFilter
from consumer.positions import OutOfRange
from consumer.process.clock import SystemClock
from consumer.process.condition import Condition
from consumer.process.garbage import seldom_collected
from consumer.process.health import Endpoint, HealthServer
from consumer.process.heartbeat import Heartbeat
from consumer.process.observers import Observers
from consumer.settings import BatchProcessingConfig, Settings
from consumer.settings.fields import DedupSettings, KafkaSettings, RunningSettings, SchemaSettings
from consumer.stopping import Bounds, Stop
from consumer.telemetry.exporting import start_tracing
from consumer.telemetry.progress_log import ProgressLog
from consumer.telemetry.statistics import Statistics
from consumer.worker import Worker

log = structlog.get_logger(__name__)

SERVICE_NAME = "memory-consumer"

WRITING_SECONDS = 10.0
"""How long a batch may take before `status` and readiness say that it does."""


@dataclass(slots=True, frozen=True)
class _Identity:
    """Who this consumer is: to the database, to Kafka, and in traces."""

    consumer_id: str
    group_id: str
    properties: Mapping[str, str]

    @classmethod
    def of(cls, settings: KafkaSettings) -> Self:
        consumer_id = f"{SERVICE_NAME}-{socket.gethostname()}-{os.getpid()}"
        return cls(consumer_id, settings.group_id, {"client.id": consumer_id, **settings.kafka})

    @property
    def client_id(self) -> str:
        """The name that Kafka knows; an operator may have chosen another."""
        return self.properties["client.id"]


@contextmanager
def consumer(
    settings: Settings,
    stop: Stop,
    *,
    observers: Sequence[Observer] = (),
    until_idle: float | None = None,
    max_messages: int | None = None,
) -> Iterator[Worker]:
    """A consumer, ready to run. On the way out everything is closed, in the reverse order of its opening.

    Raises `Fatal` where it can't start (a topic is missing, the tables are of another version, a schema is unreadable)
    and `Transient` where the broker or the database does not answer.
    """
    clock, statistics, identity = SystemClock(), Statistics(SystemClock()), _Identity.of(settings.kafka)
    with ExitStack() as opened:
        endpoint = opened.enter_context(_endpoint(settings.running))
        opened.callback(_start_tracing(settings, identity))
        decoder = decoder_of(settings.schemas)
        engine = opened.enter_context(database(settings.database, patience(settings)))
        store = _store(settings, engine, identity, clock)
        seen = opened.enter_context(_seen_filter(settings.dedup, identity, clock))
        dead_letters = opened.enter_context(_dead_letters(settings, identity, clock))
        source = opened.enter_context(closing(_source(settings.kafka, identity, clock)))
        ownership = Ownership(source, store, clock)
        breaker = _breaker(settings.batch, engine, identity, clock)
        condition = _condition(settings, source, ownership, breaker, clock)
        endpoint.tell = condition.health
        opened.enter_context(_heartbeat(engine, identity, statistics, seen, condition, clock))
        opened.enter_context(seldom_collected())
        progress = [ProgressLog(clock)] if settings.batch.log_progress else []
        yield Worker(
            source=source,
            ownership=ownership,
            planner=_planner(decoder, settings.batch),
            seen=seen,
            store=store,
            dead_letters=dead_letters,
            clock=clock,
            bounds=_bounds(settings, stop, clock, until_idle=until_idle, max_messages=max_messages),
            observer=Observers([statistics, condition, *progress, *observers]),
            breaker=breaker,
        )


@contextmanager
def _endpoint(settings: RunningSettings) -> Iterator[Endpoint]:
    """What probes ask, served where a port is set."""
    endpoint = Endpoint()
    if settings.health_port is None:
        yield endpoint
        return
    with HealthServer(settings.health_host, settings.health_port, endpoint):
        yield endpoint


def _store(settings: Settings, engine: Engine, identity: _Identity, clock: Clock) -> SqlStore:
    return SqlStore(
        engine,
        identity.group_id,
        clock,
        timeouts(settings.database),
        OutOfRange(settings.kafka.on_out_of_range),
        bands_and_bounds(settings.batch),
        membership(settings.batch),
    )


def _breaker(batch: BatchProcessingConfig, engine: Engine, identity: _Identity, clock: Clock) -> Breaker:
    """The group's, as it stands: open where another consumer has opened it."""
    breaker = Breaker(tolerance(batch), SqlOpenings(engine, identity.group_id, clock), clock)
    breaker.adopt()
    return breaker


def _heartbeat(
    engine: Engine,
    identity: _Identity,
    statistics: Statistics,
    seen: SeenFilter,
    condition: Condition,
    clock: Clock,
) -> Heartbeat:
    def snapshot() -> Mapping[str, Any]:
        return {**statistics.snapshot(seen.trouble()).as_json(), **condition.health().as_json()}

    return Heartbeat(Operations(engine), identity.consumer_id, identity.group_id, snapshot, clock)


def _bounds(
    settings: Settings, stop: Stop, clock: Clock, *, until_idle: float | None, max_messages: int | None
) -> Bounds:
    return Bounds(
        limits(settings.batch),
        stop,
        clock,
        max_messages=max_messages,
        until_idle=until_idle,
        patience=settings.running.shutdown_timeout_seconds,
    )


def _condition(
    settings: Settings, source: KafkaSource, ownership: Ownership, breaker: Breaker, clock: Clock
) -> Condition:
    """A turn of the loop gathers a batch and writes it: in a moment, or until the group gives our partitions away."""
    gathering = settings.batch.batch_max_wait_ms / 1000
    return Condition(
        source,
        ownership,
        breaker,
        clock,
        swift_within=gathering + WRITING_SECONDS,
        alive_within=gathering + settings.kafka.max_poll_interval.total_seconds(),
    )


def _start_tracing(settings: Settings, identity: _Identity) -> Callable[[], None]:
    return start_tracing(
        service_name=SERVICE_NAME,
        group=identity.group_id,
        client_id=identity.client_id,
        links_at_most=settings.batch.batch_size,
    )


def _source(settings: KafkaSettings, identity: _Identity, clock: Clock) -> KafkaSource:
    """A member of the group. Raises `Fatal` where there is nothing to read."""
    lookups = KafkaLookups(settings.kafka_bootstrap_servers, identity.properties)
    for topic in settings.topics:
        if not lookups.partitions(topic):
            raise Fatal(
                f"there is no topic {topic}", advice="Create it, or name the topics to read with CONSUMER_TOPICS."
            )
    return KafkaSource(
        settings.kafka_bootstrap_servers,
        identity.group_id,
        settings.topics,
        clock,
        identity.properties,
        stalled_after=settings.stalled_after_seconds,
    )


@contextmanager
def _dead_letters(settings: Settings, identity: _Identity, clock: Clock) -> Iterator[KafkaDeadLetters]:
    kafka = settings.kafka
    letters = KafkaDeadLetters(
        kafka.kafka_bootstrap_servers,
        kafka.dead_letter_topic,
        Sender(identity.group_id, identity.client_id),
        clock,
        identity.properties,
        timeout=kafka.dlq_timeout_seconds,
    )
    for warning in letters.check(kafka.topics, settings.batch.max_record_bytes):
        log.warning("dead letters", reason=warning)
    with closing(letters):
        yield letters


def decoder_of(settings: SchemaSettings) -> Decoder:
    """What reads records. Raises `Fatal` where a schema is unreadable."""
    avro = AvroDecoder(SchemaDirectory(Path(settings.schema_directory or schema_directory())))
    old = {topic: LegacyDecoder(FORMS[form], settings.legacy_owner) for topic, form in settings.forms.items()}
    return DecoderByTopic(old, avro) if old else avro


def _planner(decoder: Decoder, batch: BatchProcessingConfig) -> Planner:
    return Planner(
        decoder,
        max_record_bytes=batch.max_record_bytes,
        max_ahead=timedelta(seconds=batch.max_event_ahead_seconds),
    )


@contextmanager
def _seen_filter(settings: DedupSettings, identity: _Identity, clock: Clock) -> Iterator[SeenFilter]:
    if settings.redis_url is None:
        yield NoFilter()
        return
    generations = Generations(
        settings.bloom_capacity,
        settings.bloom_error_rate,
        timedelta(hours=settings.bloom_window_hours),
        settings.bloom_generations,
    )
    timeout = settings.redis_timeout_ms / 1000
    bloom = RedisBloomFilter(settings.redis_url, identity.group_id, generations, clock, timeout=timeout)
    with closing(bloom):
        yield bloom
