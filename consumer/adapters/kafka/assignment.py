"""What rebalances did to us, and what is being read. Pure: callbacks note here, the loop looks."""

from collections.abc import Collection, Mapping

from consumer.positions import is_ours
from consumer.records import Changes, Committed, TopicPartition


class PartitionNotes:
    """The partitions that the group assigned to us.

    A partition is *assigned* first and *started* later, when the loop has claimed it; only then is it read.
    """

    def __init__(self) -> None:
        self.rebalances = 0
        """How often the assignment changed."""
        self.is_member = False
        """Whether the group has let us in, and we have not been put out since."""
        self._committed: dict[TopicPartition, int | None] = {}
        self._refused: dict[TopicPartition, Committed] = {}
        self._started: dict[tuple[str, int], TopicPartition] = {}
        self._gone: set[TopicPartition] = set()
        self._new: set[TopicPartition] = set()
        self._strange: set[TopicPartition] = set()
        self._stamped: set[TopicPartition] = set()

    @property
    def assigned(self) -> Collection[TopicPartition]:
        """What the group assigned to us, started or not."""
        return self._committed.keys()

    @property
    def started(self) -> Mapping[tuple[str, int], TopicPartition]:
        """What is being read, by topic and number; the values are shared by all records, to save memory."""
        return self._started

    def changes(self) -> Changes:
        """What changed since the last call."""
        changes = Changes(frozenset(self._gone), frozenset(self._new), frozenset(self._stamped))
        self._gone, self._new, self._stamped = set(), set(), set()
        return changes

    def assign(self, sources: Collection[TopicPartition]) -> None:
        """The group gave us these, or none: it shares out what there is among its members."""
        self.rebalances += 1
        self.is_member = True
        self._committed.update(dict.fromkeys(sources))
        self._new.update(sources)

    def take_away(self, sources: Collection[TopicPartition]) -> None:
        """The group took these from us."""
        self.rebalances += 1
        for source in sources:
            self._committed.pop(source, None)
            self.stop(source)
        self._new.difference_update(sources)
        self._strange.difference_update(sources)
        self._gone.update(sources)

    def put_out(self) -> None:
        """The group counts us among its members no more."""
        self.is_member = False

    def renew(self, sources: Collection[TopicPartition]) -> None:
        """What we know of these is void: they are to be claimed anew, as if they had been taken away and given back."""
        ours = [source for source in sources if source in self._committed]
        for source in ours:
            self.stop(source)
            self._committed[source] = None
        self._gone.update(ours)
        self._new.update(ours)

    def found(self, source: TopicPartition, committed: Committed | None) -> None:
        """The group's position in a partition that is to be started."""
        if source in self._committed:
            self._committed[source] = None if committed is None else committed.offset
        if committed is None or is_ours(committed):
            self._strange.discard(source)
        else:
            self._strange.add(source)

    def start(self, source: TopicPartition, offset: int) -> None:
        """The partition is being read from that offset on."""
        if self._committed[source] is None:
            self._committed[source] = offset
        self._started[source] = source

    def stop(self, source: TopicPartition) -> None:
        """The partition is not being read any more."""
        self._started.pop(source, None)
        self._refused.pop(source, None)

    def has_moved(self, source: TopicPartition, offset: int) -> bool:
        """Whether the partition is being read, and that offset not what the group has (or where we started, where it
        has none)."""
        return source in self._started and self._committed[source] != offset

    def not_committed(self, source: TopicPartition, position: Committed) -> None:
        """That position did not reach the group: unless a later one is on its way by now, it is to be sent again."""
        if source in self._started and self._committed[source] == position.offset:
            self._committed[source] = None
            self._refused[source] = position

    def refused(self) -> Mapping[TopicPartition, Committed]:
        """The positions that are to be sent again."""
        return self._refused

    def committed(self, source: TopicPartition, offset: int) -> None:
        """The group has that position, as far as we know."""
        if source in self._committed:
            self._committed[source] = offset
            self._refused.pop(source, None)

    def acknowledged(self, source: TopicPartition) -> None:
        """The group has a position of ours for certain."""
        if source in self._strange:
            self._strange.discard(source)
            self._stamped.add(source)
