"""The whole job once, on a stack inside this process: publish, consume, reconcile."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from consumer import app as root
from consumer.app.consuming import consumer
from consumer.cli.demo.file import GROUP_PREFIX, url_of
from consumer.cli.demo.pacing import Pace
from consumer.cli.demo.publishing import Message, Publishing
from consumer.cli.demo.reconciliation import Reconciliation
from consumer.cli.demo.watching import DONE, STALL_SECONDS, Watch
from consumer.cli.numbers import counted
from consumer.devstack.mock_kafka import MockKafka
from consumer.devstack.process import NotReady
from consumer.devstack.redis import Redis, require_bloom
from consumer.devstack.service import Unavailable
from consumer.devstack.topics import DEAD_LETTERS, TOPIC, make_topics
from consumer.errors import ConsumerError
from consumer.process.clock import SystemClock
from consumer.process.signals import STOPPING, stopping_on_signals
from consumer.settings import Settings
from consumer.settings.fields import DatabaseSettings, KafkaSettings
from consumer.stopping import Stop
from consumer.telemetry.progress import track

if TYPE_CHECKING:
    from consumer.adapters.kafka.publisher import KafkaPublisher

LARGE_MESSAGES = {"message.max.bytes": "1000000000", "queue.buffering.max.kbytes": "2097151"}
"""The publisher takes whatever a file holds: what is too large is for the consumer to refuse."""

SOLE_MEMBER = {"group.protocol": "consumer"}
"""librdkafka's own cluster has groups of the older protocol wait three seconds for more members."""


@dataclass(slots=True, frozen=True)
class Stack:
    """Where the parts are. `filter_words` says whether there is a filter, and if not, why."""

    bootstrap_servers: str
    redis_url: str | None
    filter_words: str


@contextmanager
def embedded_stack() -> Iterator[Stack]:
    """Kafka as librdkafka's own cluster with the topics, and a Redis with Bloom where one can be had."""
    with ExitStack() as services:
        kafka = services.enter_context(MockKafka())
        make_topics(kafka.address)
        try:
            redis = services.enter_context(Redis())
            require_bloom(redis.address)
        except (Unavailable, NotReady) as missing:
            reason = str(missing).splitlines()[0]
            yield Stack(kafka.address, None, f"without the Bloom filter: {reason}")
        else:
            yield Stack(kafka.address, redis.address, "with the Bloom filter in Redis")


def settings_for(stack: Stack, file: Path, given: Settings) -> Settings:
    """What was given of batches and the like; but servers, topics and the database are the demonstration's own."""
    group = f"{GROUP_PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    kafka = KafkaSettings(
        kafka_bootstrap_servers=stack.bootstrap_servers,
        topics=(TOPIC,),
        group_id=group,
        dlq_topic=DEAD_LETTERS,
        kafka=SOLE_MEMBER,
    )
    return given.model_copy(
        update={
            "kafka": kafka,
            "database": DatabaseSettings(database_url=url_of(file)),
            "dedup": given.dedup.model_copy(update={"redis_url": stack.redis_url}),
        }
    )


def perform(settings: Settings, messages: Iterable[Message], total: int) -> Reconciliation:
    """Publish everything, consume everything, and hold the one against the other.

    Raises `ConsumerError` where it did not come to its end, `KeyboardInterrupt` where it was not let.
    """
    clock, stop, pace = SystemClock(), Stop(), Pace()
    with track(total, "joining the group") as progress:
        publisher = _publisher(settings.kafka)
        publishing = Publishing(messages, publisher, pace)
        watch = Watch(stop, clock, pace, progress, publishing)
        publishing.start(watch.published)
        try:
            with (
                stopping_on_signals(stop),
                consumer(settings, stop, observers=[watch], until_idle=STALL_SECONDS) as worker,
            ):
                worker.run()
        finally:
            pace.close()
            publishing.join(STALL_SECONDS)
    _check_ended(publishing, publisher, watch, stop)
    with root.operations(settings.database) as operations:
        outcomes = operations.outcomes(settings.kafka.group_id)
        effects = operations.effects(settings.kafka.group_id)
    return Reconciliation(publisher.acknowledged, outcomes, watch.seconds, effects)


def _publisher(settings: KafkaSettings) -> "KafkaPublisher":
    return root.publisher(settings.model_copy(update={"kafka": LARGE_MESSAGES}), TOPIC)


def _check_ended(publishing: Publishing, publisher: "KafkaPublisher", watch: Watch, stop: Stop) -> None:
    if publishing.error is not None:
        raise publishing.error
    if publisher.failed:
        raise ConsumerError(f"{counted(publisher.failed, 'event')} could not be published: {publisher.failures[0]}")
    if stop.reason in {number.name for number in STOPPING}:
        raise KeyboardInterrupt
    if stop.reason != DONE:
        raise ConsumerError(f"ended before its time: {stop.reason or watch.what_is_missing()}")
