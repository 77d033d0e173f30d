"""Dead letters into Kafka: sent, and waited for, before the transaction that counts them commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumer.adapters.kafka.config import quiet_config, refusals_told
from consumer.adapters.kafka.errors import (
    CLIENT_IS_DEAD,
    TOO_LARGE,
    UNKNOWN_TOPIC,
    as_error,
    death_of,
    error_of,
    is_hopeless,
)
from consumer.adapters.kafka.letter_topic import LetterTopic
from consumer.adapters.kafka.lookups import KafkaLookups
from consumer.deadletters.letter import Letter, Sender, write_letter
from consumer.deadletters.shortening import SHORTENINGS
from consumer.errors import ConsumerError, Transient
from consumer.ports import Clock
from consumer.records import KeptPayload, Record, Rejection
from consumer.telemetry.tracing import current_traceparent, send_span

log = structlog.get_logger(__name__)

SLICE_SECONDS = 0.25
"""The longest that a single call waits, so that signal handlers get to run."""

_BATCH_BYTES = 1_000_000


@dataclass(slots=True)
class _Reports:
    """Letters on their way. The broker reports on each, in any order."""

    open: int = 0
    failed: list[tuple[Letter, KafkaError]] = field(default_factory=list)

    def report(self, letter: Letter, error: KafkaError | None, _: Message) -> None:
        self.open -= 1
        if error is not None:
            self.failed.append((letter, error))


class KafkaDeadLetters:
    """The port `DeadLetters`. Letters that the topic is too small for go as references.

    A letter that was not acknowledged in time may have arrived all the same, and is sent again with the next try:
    under the same `dlq.id`, by which readers drop the second.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        sender: Sender,
        clock: Clock,
        properties: Mapping[str, str] | None = None,
        *,
        timeout: float = 15.0,
    ) -> None:
        """`timeout`: seconds that all letters of a batch may take. It has to be less than the database lets a
        transaction idle. `properties` are librdkafka's own."""
        self._servers = bootstrap_servers
        self._topic = LetterTopic(topic)
        self._sender = sender
        self._clock = clock
        self._properties = properties or {}
        self._timeout = timeout
        self._producer: Producer | None = None

    def check(self, source_topics: Collection[str], max_record_bytes: int) -> list[str]:
        """Make sure, before anything is read, that letters can be sent, and learn how large they may be.

        Returns warnings for a person. Raises `Fatal` where the topic is missing or is one of the sources,
        `Transient` where no broker answers.
        """
        self._topic.refuse_as_source(source_topics)
        self._topic = self._topic.looked_up(KafkaLookups(self._servers, self._properties))
        self._producer = None
        return self._topic.warnings(max_record_bytes)

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        """Send a letter each, and wait until all are acknowledged."""
        if not rejections:
            return []
        now, failing = self._clock.now(), current_traceparent()
        records = {rejection.record.name: rejection.record for rejection in rejections}
        letters = [write_letter(rejection, self._sender, now, failing) for rejection in rejections]
        with send_span(self._topic.name, len(letters)):
            return self._send(letters, records)

    def close(self) -> None:
        """Let go of the broker. Nothing is left unsent: every `send` ends with acknowledgements, or with a purge."""
        self._producer = None

    def _send(self, letters: Sequence[Letter], records: Mapping[str, Record]) -> list[KeptPayload]:
        until = self._clock.monotonic() + self._timeout
        refused = self._deliver(letters, until)
        kept = [KeptPayload(records[letter.id]) for letter in refused]
        for shorten in SHORTENINGS:
            refused = self._deliver([shorten(letter, records[letter.id]) for letter in refused], until)
        if refused:
            raise self._topic.too_small()
        return kept

    def _deliver(self, letters: Sequence[Letter], until: float) -> list[Letter]:
        """Send what fits and wait for the broker's word on each; returns those that are too large for the topic."""
        oversized = [letter for letter in letters if letter.size > self._topic.max_message_bytes]
        fitting = [letter for letter in letters if letter.size <= self._topic.max_message_bytes]
        return oversized + self._send_and_wait(fitting, until) if fitting else oversized

    def _send_and_wait(self, letters: Sequence[Letter], until: float) -> list[Letter]:
        reports = _Reports()
        producer = self._producer = self._producer or self._connect()
        try:
            self._exchange(producer, letters, reports, until)
        except (KafkaException, SystemError) as raised:
            if death := death_of(raised):
                raise self._failure(death) from raised
            raise
        for _, error in reports.failed:
            if error.code() not in TOO_LARGE:
                raise self._failure(error)
        if reports.failed and self._limit_has_fallen():
            raise Transient(f"the dead-letter topic {self._topic.name} takes less than it did: sending again")
        return [letter for letter, _ in reports.failed]

    def _limit_has_fallen(self) -> bool:
        """Asked when the broker refuses what ought to fit. Then no batch of letters may be as large as before."""
        believed = self._topic.max_message_bytes
        self._topic = self._looked_up()
        if self._topic.max_message_bytes >= believed:
            return False
        self._producer = None
        return True

    def _exchange(self, producer: Producer, letters: Sequence[Letter], reports: _Reports, until: float) -> None:
        for letter in letters:
            self._enqueue(producer, letter, reports, until)
        while reports.open and self._clock.monotonic() < until:
            producer.flush(SLICE_SECONDS)
        if reports.open:
            self._give_up(producer)

    def _enqueue(self, producer: Producer, letter: Letter, reports: _Reports, until: float) -> None:
        partition = self._topic.partition_of(letter)
        report = partial(reports.report, letter)
        while True:
            try:
                producer.produce(
                    self._topic.name, letter.value, letter.key, partition, on_delivery=report, headers=[*letter.headers]
                )
            except BufferError:
                if self._clock.monotonic() >= until:
                    self._give_up(producer)
                producer.poll(SLICE_SECONDS)
            except KafkaException as raised:
                reports.failed.append((letter, error_of(raised)))
                return
            else:
                reports.open += 1
                return

    def _give_up(self, producer: Producer) -> None:
        """What still waits is forgotten, so that it is not sent later, unseen. Raises `Transient`."""
        producer.purge()
        producer.flush(SLICE_SECONDS)
        raise Transient(f"dead letters not acknowledged by {self._topic.name} within {self._timeout:g} seconds")

    def _looked_up(self) -> LetterTopic:
        """The topic as it is by now. Raises `Fatal` where it is gone."""
        return self._topic.looked_up(KafkaLookups(self._servers, self._properties, patience=2.0))

    def _failure(self, error: KafkaError) -> ConsumerError:
        if error.code() in UNKNOWN_TOPIC:
            # Gone, made anew with fewer partitions, or only not known yet to a broker that has just started.
            self._topic, self._producer = self._looked_up(), None
        if error.fatal() or error.code() == CLIENT_IS_DEAD:
            # It has lost count of what it sent, and is of no more use. The next try has a new one.
            self._producer = None
            if not is_hopeless(error):
                return Transient(f"can't send dead letters to {self._topic.name}: {error.str()}")
        return as_error(error, f"send dead letters to {self._topic.name}")

    def _connect(self) -> Producer:
        """A producer that sends whatever the topic takes.

        A batch of several letters stays below the topic's limit: the limit is on batches, and a small letter should
        not be refused for its company.
        """
        limit = min(max(self._topic.max_message_bytes, 1_000), 1_000_000_000)
        with refusals_told():
            return Producer(
                {
                    "message.max.bytes": limit,
                    "partitioner": "murmur2_random",
                    **quiet_config(self._servers, self._properties),
                    "batch.size": min(_BATCH_BYTES, limit),
                    "enable.idempotence": True,
                    "acks": "all",
                    # Longer than we wait: it is for us to give up, and to purge.
                    "message.timeout.ms": int(self._timeout * 2_000),
                    # Shorter, so that a topic that is gone is told apart from a broker that is away.
                    "topic.metadata.propagation.max.ms": int(self._timeout * 333),
                }
            )
