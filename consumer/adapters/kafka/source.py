"""Records out of Kafka: one member of a consumer group, over librdkafka.

librdkafka fetches and sends heartbeats in threads of its own; its callbacks run inside our calls to `consume`. They
only note what happened and assign what is new, paused: an exception out of one would leave the assignment dead for
ever. Every wait is cut into slices, so that signal handlers get to run and `max.poll.interval.ms` is never exceeded.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from threading import Thread

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.adapters.kafka.assignment import PartitionNotes
from consumer.adapters.kafka.commits import Commits
from consumer.adapters.kafka.config import consumer_config, is_eager, refusals_told
from consumer.adapters.kafka.ends_watch import EndsWatch
from consumer.adapters.kafka.errors import END_OF_PARTITION, OUT_OF_RANGE, UNKNOWN_TOPIC, error_of
from consumer.adapters.kafka.fetching import Fetching
from consumer.adapters.kafka.health import KafkaHealth
from consumer.adapters.kafka.lookups import GroupPositions
from consumer.adapters.kafka.messages import record_of
from consumer.adapters.kafka.stalls import Stalls
from consumer.adapters.kafka.topic_watch import TopicWatch
from consumer.batching import BatchLimits, Filling
from consumer.errors import Transient
from consumer.ports import Clock, Findings
from consumer.records import Batch, Changes, Claim, ClosedBy, Found, Record, TopicPartition

log = structlog.get_logger(__name__)

SLICE_SECONDS = 0.25
"""The longest that a single call waits."""

CLOSE_SECONDS = 10.0
"""How long leaving the group may take. Past it the group finds out by itself that we are gone."""


class KafkaSource:
    """The ports `Source` and `Assignment`."""

    def __init__(
        self,
        bootstrap_servers: str,
        group_id: str,
        topics: Collection[str],
        clock: Clock,
        properties: Mapping[str, str] | None = None,
        *,
        stalled_after: float = 60.0,
    ) -> None:
        """Join the group. `properties` are librdkafka's own; `stalled_after` is in seconds, see `Stalls`."""
        properties = properties or {}
        self._clock = clock
        self._partitions = PartitionNotes()
        self._carried: list[Record] = []
        self._commits = Commits(self._partitions, clock)
        self._health = KafkaHealth(clock)
        self._stalls = Stalls(stalled_after)
        self._is_closed = False
        # Asked over connections of their own: on those of the consumer a question waits for the fetch before it.
        self._positions = GroupPositions(bootstrap_servers, group_id, properties)
        self._watch = TopicWatch(self._positions.lookups.ask_for_ids, clock)
        self._ends = EndsWatch(self._positions.lookups.ask_for_ends, clock, every=stalled_after / 2)
        callbacks = {"error_cb": self._health.complain, "on_commit": self._commits.answered}
        with refusals_told():
            self._consumer = Consumer({**consumer_config(bootstrap_servers, group_id, properties), **callbacks})
        self._is_eager = is_eager(properties)
        self._fetching = Fetching(self._consumer, is_eager=self._is_eager)
        self._consumer.subscribe(
            list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    @property
    def trouble(self) -> str | None:
        """Why nothing can be read just now; None when all is well."""
        return self._health.trouble or self._watch.trouble

    @property
    def is_behind(self) -> bool:
        """Whether a partition that is being read has not told its end, or Kafka does not answer."""
        return self._health.trouble is not None or any(
            source not in self._stalls.at_end for source in self._partitions.started.values()
        )

    @property
    def is_member(self) -> bool:
        """Whether the group has let us in, and we have not been put out since. May be read from another thread."""
        return self._partitions.is_member

    @property
    def assigned(self) -> Collection[TopicPartition]:
        """What the group assigned to us, started or not. Its size may be read from another thread."""
        return self._partitions.assigned

    @property
    def stalled(self) -> Sequence[TopicPartition]:
        """Partitions with more to read, of which nothing comes. May be read from another thread."""
        return self._stalls.stalled

    def poll(self, limits: BatchLimits) -> Batch | None:
        """The next batch. Returns early, with what there is, when a rebalance takes place."""
        filling = Filling(limits)
        rebalances = self._partitions.rebalances
        carried, self._carried = self._carried, []
        gathered = self._fill(filling, carried, self._clock.monotonic())
        while (closed_by := filling.closed(self._clock.monotonic())) is None:
            since = self._clock.monotonic()
            came = self._read(filling.ask(), min(SLICE_SECONDS, filling.seconds_left(since)))
            gathered += self._fill(filling, came, since)
            if self._partitions.rebalances != rebalances:
                closed_by = ClosedBy.REBALANCE
                break
            if not gathered:
                self._commits.send_again(self._consumer)
                return None
        still_ours = [record for record in gathered if record.source in self._partitions.started]
        return Batch(still_ours, closed_by) if still_ours else None

    def hold(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Wait with every partition paused, polling on."""
        until = self._clock.monotonic() + seconds
        self._fetching.pause(self._partitions.started.values())
        try:
            while (left := until - self._clock.monotonic()) > 0 and not is_over():
                came = self._consume(1, min(SLICE_SECONDS, left))  # which may take away what was carried
                self._carried += came
        finally:
            self._fetching.resume(self._partitions.started.values())

    def commit(self, claims: Mapping[TopicPartition, Claim]) -> None:
        """Send the positions that moved. What becomes of them is noted when the answer comes, in some later poll."""
        self._commits.send(self._consumer, claims)

    def close(self) -> None:
        """Leave the group."""
        if self._is_closed:
            return
        self._is_closed = True
        leaving = Thread(target=self._leave, name="kafka-leave", daemon=True)
        leaving.start()
        leaving.join(CLOSE_SECONDS)
        if leaving.is_alive():
            log.warning("Kafka does not answer: gone without leaving the group, which will notice by itself")

    def changes(self) -> Changes:
        """What changed since the last call. A topic that was made anew has its partitions claimed anew."""
        for topic in self._watch.made_anew():
            log.warning("the topic was deleted and made anew", topic=topic)
            self._claim_anew([source for source in self._partitions.assigned if source.topic == topic])
        return self._partitions.changes()

    def look_up(self, sources: Collection[TopicPartition]) -> Findings:
        """What Kafka knows of each partition."""
        answers = self._positions.found(sources)
        for source, answer in answers.items():
            if isinstance(answer, Found):
                self._partitions.found(source, answer.committed)
                self._watch.found(source.topic, answer.topic_id)
                self._health.well()
        return answers

    def start(self, source: TopicPartition, offset: int) -> None:
        """Read the partition from this offset on. Raises `Transient` where it can't be sought."""
        if source not in self._partitions.assigned:
            raise Transient(f"can't read {source}: it is not assigned to us any more")
        try:
            self._fetching.start(source, offset)
        except KafkaException as raised:
            raise Transient(f"can't start {source} at {offset}: {error_of(raised).str()}") from raised
        self._drop_carried([source])
        self._partitions.start(source, offset)
        self._stalls.started(source)

    def stop(self, source: TopicPartition) -> None:
        """Read no more of the partition."""
        self._fetching.pause([source])
        self._partitions.stop(source)
        self._stalls.stopped([source])
        self._drop_carried([source])

    def _read(self, count: int, seconds: float) -> list[Record]:
        """What comes within that time; and that nothing comes of some partition is noted."""
        came = self._consume(count, seconds)
        last_offsets = {record.source: record.offset for record in came}
        self._stalls.look(last_offsets, self._clock.monotonic(), ran_dry=len(came) < count)
        for source, end in self._ends.ends(self._stalls.at_end).items():
            self._stalls.end_moved(source, end)
        return came

    def _consume(self, count: int, seconds: float) -> list[Record]:
        """What comes within that time of partitions that are being read. Callbacks run in here."""
        try:
            records = self._records(self._consumer.consume(count, seconds))
        except KafkaException as raised:
            self._health.complain(error_of(raised))
            records = []
        self._health.check()
        return records

    def _records(self, messages: Sequence[Message]) -> list[Record]:
        """The hot path: a record a message, and nothing that could be done once a batch."""
        started = self._partitions.started
        records = []
        for message in messages:
            if (error := message.error()) is not None:
                self._on_message_error(message, error)
                continue
            # Of a message without an error, topic and partition are always there.
            source = started.get((message.topic(), message.partition()))  # type: ignore[arg-type]
            if source is not None:
                records.append(record_of(source, message))
        if records:
            self._health.well()
        return records

    def _fill(self, filling: Filling, records: list[Record], since: float) -> list[Record]:
        """As many of the records as fit; the rest is carried to the next batch."""
        for index, record in enumerate(records):
            if not filling.add(record.size, since):
                self._carried += records[index:]
                return records[:index]
        return records

    def _drop_carried(self, sources: Collection[TopicPartition]) -> None:
        self._carried = [record for record in self._carried if record.source not in sources]

    def _leave(self) -> None:
        try:
            self._consumer.close()
            self._positions.close()
        except (KafkaException, RuntimeError) as raised:
            log.warning("could not leave the group in order", reason=str(raised))

    def _on_assign(self, _: Consumer, assigned: list[KafkaPartition]) -> None:
        sources = [_ours(partition) for partition in assigned]
        try:
            self._fetching.add(sources)
        except KafkaException as raised:
            self._health.complain(error_of(raised))
        self._partitions.assign(sources)
        # A cooperative rebalance says so even to a member for whom nothing changed.
        if sources:
            log.info("partitions assigned", partitions=_names(sources))

    def _on_revoke(self, _: Consumer, revoked: list[KafkaPartition]) -> None:
        self._take_away("partitions revoked", revoked)

    def _on_lost(self, _: Consumer, lost: list[KafkaPartition]) -> None:
        self._partitions.put_out()
        self._take_away("partitions lost: the group gave them away while we were not heard of", lost)

    def _take_away(self, event: str, taken: list[KafkaPartition]) -> None:
        sources = [_ours(partition) for partition in taken]
        self._partitions.take_away(sources)
        self._stalls.stopped(sources)
        self._drop_carried(sources)
        log.info(event, partitions=_names(sources))

    def _on_message_error(self, message: Message, error: KafkaError) -> None:
        source = TopicPartition(message.topic() or "", message.partition() or 0)
        if error.code() == END_OF_PARTITION:
            # Nothing more to read is an answer too: an idle consumer knows by it that the broker is well.
            self._health.well()
            if source in self._partitions.started:
                self._stalls.reached_end(source, message.offset() or 0)
        elif error.code() == OUT_OF_RANGE:
            # Also of one that we have stopped since, as when its topic was made anew: it could not be started again.
            if source in self._partitions.assigned:
                log.warning("Kafka does not have that offset", partition=str(source), reason=error.str())
                self._assign_again(source)
        else:
            if error.code() in UNKNOWN_TOPIC:
                self._watch.suspect()
            self._health.complain(error)

    def _assign_again(self, source: TopicPartition) -> None:
        """An offset out of range ends an assignment: librdkafka seeks there no more. Eager is all or nothing."""
        again = list(self._partitions.assigned) if self._is_eager else [source]
        self._claim_anew(again)
        try:
            self._fetching.add_again(again)
        except KafkaException as raised:
            self._health.complain(error_of(raised))

    def _claim_anew(self, sources: Collection[TopicPartition]) -> None:
        for source in sources:
            self.stop(source)
        self._partitions.renew(sources)


def _ours(partition: KafkaPartition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.partition)


def _names(sources: Iterable[TopicPartition]) -> list[str]:
    return sorted(map(str, sources))
