"""Dead letters into Kafka: sent, and waited for, before the transaction that counts them commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from consumer.adapters.kafka.config import quiet_config, refusals_told
from consumer.adapters.kafka.errors import (
    PRODUCER_IS_DEAD,
    TOO_LARGE,
    UNKNOWN_TOPIC,
    as_error,
    death_of,
    error_of,
    is_hopeless,
)
from consumer.adapters.kafka.lookups import KafkaLookups
from consumer.deadletters.letter import Letter, Sender, write_letter
from consumer.deadletters.shortening import SHORTENINGS
from consumer.errors import ConsumerError, Fatal, Transient
from consumer.ports import Clock
from consumer.records import KeptPayload, Record, Rejection
from consumer.telemetry.tracing import current_traceparent, send_span

log = structlog.get_logger(__name__)

SLICE_SECONDS = 0.25
"""The longest that a single call waits, so that signal handlers get to run."""

DEFAULT_MAX_MESSAGE_BYTES = 1_048_588
"""Kafka's own default, for where the cluster won't tell."""

LETTER_HEADROOM_BYTES = 64 * 1024
"""What a letter's headers take at most besides the record."""

_BATCH_BYTES = 1_000_000
_ANY_PARTITION = -1


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
        self._topic = topic
        self._sender = sender
        self._clock = clock
        self._properties = properties or {}
        self._timeout = timeout
        self._partitions = 0
        self._max_message_bytes = DEFAULT_MAX_MESSAGE_BYTES
        self._producer: Producer | None = None

    def check(self, source_topics: Collection[str], max_record_bytes: int) -> str | None:
        """Make sure, before anything is read, that letters can be sent, and learn how large they may be.

        Returns a warning for a person, or None. Raises `Fatal` where the topic is missing or is one of the sources,
        `Transient` where no broker answers.
        """
        if self._topic in source_topics:
            raise Fatal(
                f"the dead-letter topic {self._topic} is among the topics to read: letters would come back for ever",
                advice="Set CONSUMER_DLQ_TOPIC to a topic of its own.",
            )
        lookups = KafkaLookups(self._servers, self._properties)
        self._partitions = len(lookups.partitions(self._topic))
        if not self._partitions:
            raise self._no_topic()
        self._max_message_bytes = lookups.max_message_bytes(self._topic) or DEFAULT_MAX_MESSAGE_BYTES
        self._producer = None
        largest = self._max_message_bytes - LETTER_HEADROOM_BYTES
        if max_record_bytes <= largest:
            return None
        return (
            f"the dead-letter topic {self._topic} takes messages of up to {self._max_message_bytes:,} bytes, but "
            f"records of up to {max_record_bytes:,} are read: letters of those over {max(0, largest):,} will hold a "
            f"reference, and the database keeps the payload. Raise the topic's max.message.bytes to have them whole"
        )

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        """Send a letter each, and wait until all are acknowledged."""
        if not rejections:
            return []
        now, failing = self._clock.now(), current_traceparent()
        records = {rejection.record.name: rejection.record for rejection in rejections}
        letters = [write_letter(rejection, self._sender, now, failing) for rejection in rejections]
        with send_span(self._topic, len(letters)):
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
            raise Fatal(
                f"the dead-letter topic {self._topic} refuses even the shortest letter as too large",
                advice=f"Raise the topic's max.message.bytes (kafka-configs --alter) to {DEFAULT_MAX_MESSAGE_BYTES}.",
            )
        return kept

    def _deliver(self, letters: Sequence[Letter], until: float) -> list[Letter]:
        """Send what fits and wait for the broker's word on each; returns those that are too large for the topic."""
        oversized = [letter for letter in letters if letter.size > self._max_message_bytes]
        fitting = [letter for letter in letters if letter.size <= self._max_message_bytes]
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
            raise Transient(f"the dead-letter topic {self._topic} takes less than it did: sending again")
        return [letter for letter, _ in reports.failed]

    def _limit_has_fallen(self) -> bool:
        """Asked when the broker refuses what ought to fit. Then no batch of letters may be as large as before."""
        lookups = KafkaLookups(self._servers, self._properties)
        limit = lookups.max_message_bytes(self._topic) or self._max_message_bytes
        if limit >= self._max_message_bytes:
            return False
        self._max_message_bytes, self._producer = limit, None
        return True

    def _exchange(self, producer: Producer, letters: Sequence[Letter], reports: _Reports, until: float) -> None:
        for letter in letters:
            self._enqueue(producer, letter, reports, until)
        while reports.open and self._clock.monotonic() < until:
            producer.flush(SLICE_SECONDS)
        if reports.open:
            self._give_up(producer)

    def _enqueue(self, producer: Producer, letter: Letter, reports: _Reports, until: float) -> None:
        partition = letter.partition if letter.partition < self._partitions else _ANY_PARTITION
        report = partial(reports.report, letter)
        while True:
            try:
                producer.produce(
                    self._topic, letter.value, letter.key, partition, on_delivery=report, headers=[*letter.headers]
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
        raise Transient(f"dead letters not acknowledged by {self._topic} within {self._timeout:g} seconds")

    def _failure(self, error: KafkaError) -> ConsumerError:
        if error.code() in UNKNOWN_TOPIC:
            return self._no_topic()
        if error.fatal() or error.code() == PRODUCER_IS_DEAD:
            # It has lost count of what it sent, and is of no more use. The next try has a new one.
            self._producer = None
            if not is_hopeless(error):
                return Transient(f"can't send dead letters to {self._topic}: {error.str()}")
        return as_error(error, f"send dead letters to {self._topic}")

    def _no_topic(self) -> Fatal:
        return Fatal(
            f"the dead-letter topic {self._topic} does not exist",
            advice=f"Create it (kafka-topics --create --topic {self._topic}), or name another: CONSUMER_DLQ_TOPIC.",
        )

    def _connect(self) -> Producer:
        """A producer that sends whatever the topic takes.

        A batch of several letters stays below the topic's limit: the limit is on batches, and a small letter should
        not be refused for its company.
        """
        limit = min(max(self._max_message_bytes, 1_000), 1_000_000_000)
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
