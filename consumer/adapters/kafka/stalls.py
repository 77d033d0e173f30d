"""Partitions that fell silent short of their end. Pure: time is passed in.

Caught up is what Kafka says so of, by the end that was reached. The end less the position says nothing: markers of
transactions and what compaction removed leave a difference for ever.
"""

from collections.abc import Collection, Mapping

import structlog

from consumer.records import TopicPartition

log = structlog.get_logger(__name__)

LONGEST_STEP_SECONDS = 1.0
"""What the time between two looks counts at most: past that the loop was busy with something else, or it waited."""

BUSY_FACTOR = 10
"""How much longer a partition is given while so much comes of others that it may just be waiting for its turn."""


class Stalls:
    """Counts, for each partition being read, the seconds of reading in which nothing of it came."""

    def __init__(self, after: float) -> None:
        """`after`: seconds of reading without a sign of a partition, past which it is stalled."""
        self.stalled: tuple[TopicPartition, ...] = ()
        """In order. Replaced, never changed, so that another thread may read it."""
        self._after = after
        self._seconds_read = 0.0
        self._judged_at = 0.0
        self._looked_at: float | None = None
        self._ran_dry = False
        self._signs: dict[TopicPartition, float] = {}
        self._ends: dict[TopicPartition, int] = {}

    @property
    def at_end(self) -> Mapping[TopicPartition, int]:
        """The partitions that are caught up, and the ends that they reached."""
        return self._ends

    def started(self, source: TopicPartition) -> None:
        """The partition is being read from now on."""
        self._ends.pop(source, None)
        self._alive(source)

    def stopped(self, sources: Collection[TopicPartition]) -> None:
        """The partitions are not being read any more."""
        for source in sources:
            self._signs.pop(source, None)
            self._ends.pop(source, None)
        self._clear(sources)

    def reached_end(self, source: TopicPartition, end: int) -> None:
        """Everything below that offset was handed out."""
        if source in self._signs:
            self._alive(source)
            self._ends[source] = end

    def end_moved(self, source: TopicPartition, end: int) -> None:
        """Kafka was asked where the partition ends: if that is further on than we are, something has to come."""
        if end > self._ends.get(source, end):
            del self._ends[source]
            self._alive(source)

    def look(self, last_offsets: Mapping[TopicPartition, int], now: float, *, ran_dry: bool) -> None:
        """Note what came just now: the last offset of each partition. `ran_dry`: nothing else was there to be had."""
        if self._looked_at is not None:
            self._seconds_read += min(now - self._looked_at, LONGEST_STEP_SECONDS)
        self._looked_at = now
        self._ran_dry |= ran_dry
        for source, offset in last_offsets.items():
            self._alive(source)
            if offset >= self._ends.get(source, offset):
                self._ends.pop(source, None)
        if self._seconds_read - self._judged_at >= LONGEST_STEP_SECONDS:
            self._judge()

    def _judge(self) -> None:
        patience = self._after if self._ran_dry else self._after * BUSY_FACTOR
        self._judged_at, self._ran_dry = self._seconds_read, False
        silent = {source for source, at in self._signs.items() if self._seconds_read - at >= patience}
        for source in sorted(silent - self._ends.keys() - set(self.stalled)):
            log.warning("partition stalled: it has more to read, and nothing comes", partition=str(source))
            self.stalled = tuple(sorted({*self.stalled, source}))

    def _alive(self, source: TopicPartition) -> None:
        self._signs[source] = self._seconds_read
        if source in self.stalled:
            log.info("partition goes on", partition=str(source))
            self._clear([source])

    def _clear(self, sources: Collection[TopicPartition]) -> None:
        if self.stalled:
            self.stalled = tuple(source for source in self.stalled if source not in sources)
