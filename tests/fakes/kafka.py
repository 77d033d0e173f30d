"""Kafka in memory: a broker, a consumer group with several members, and the two ports over them.

Deterministic and single-threaded: nothing happens but in a call. A rebalance is noted when it is asked for and reaches
a member the way it does on the wire, in the middle of its next `poll` or `hold`. Nothing sleeps: where the real source
waits, the fake calls `waited(seconds)`, which a test gives to its clock.

    broker = FakeBroker()
    broker.create_topic("memories", partitions=2)
    group = FakeGroup(broker, "group", ["memories"])
    one, two = FakeSource(group, "one"), FakeSource(group, "two")    # each joins, and gets its share at its next poll
    group.move(TopicPartition("memories", 0), two)                   # `one` gives it up at its next poll, `two` gets it
    group.expire(one)                                                # a zombie: its partitions go to others at once
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from consumer.batching import BatchLimits, Filling
from consumer.deadletters.letter import Letter, Sender, write_letter
from consumer.deadletters.shortening import SHORTENINGS
from consumer.errors import Fatal, Transient
from consumer.ports import Findings
from consumer.positions import is_ours, stamp
from consumer.records import (
    Batch,
    Changes,
    Claim,
    ClosedBy,
    Committed,
    Found,
    Headers,
    KeptPayload,
    Record,
    Rejection,
    TopicPartition,
)

IDLE_SECONDS = 0.25
"""How long a poll that brings nothing takes."""

SENDER = Sender("group", "client")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeTopic:
    """A topic: its records by partition, and the first offset that each partition still has."""

    id: str
    logs: list[list[Record]]
    max_message_bytes: int
    earliest: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.earliest = [0] * len(self.logs)


class FakeBroker:
    """Topics and committed offsets."""

    def __init__(self) -> None:
        self.topics: dict[str, FakeTopic] = {}
        self.committed: dict[tuple[str, TopicPartition], Committed] = {}
        self._made = 0

    def create_topic(self, topic: str, partitions: int = 1, *, max_message_bytes: int = 1_048_588) -> None:
        """Make a topic, or make it anew: with another id, and empty."""
        self._made += 1
        self.topics[topic] = FakeTopic(f"id-{self._made}", [[] for _ in range(partitions)], max_message_bytes)

    def publish(
        self,
        source: TopicPartition,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Headers = (),
        timestamp_ms: int = -1,
    ) -> Record:
        """Append a record."""
        log = self.topics[source.topic].logs[source.partition]
        record = Record(source, len(log), key, value, tuple(headers), timestamp_ms)
        log.append(record)
        return record

    def records(self, topic: str) -> list[Record]:
        """All records of a topic ever published, partition by partition."""
        return [record for log in self.topics[topic].logs for record in log]

    def partitions(self, topic: str) -> list[TopicPartition]:
        """The partitions of a topic."""
        return [TopicPartition(topic, number) for number in range(len(self.topics[topic].logs))]

    def end(self, source: TopicPartition) -> int:
        """The offset of the next record to be written."""
        return len(self.topics[source.topic].logs[source.partition])

    def earliest(self, source: TopicPartition) -> int:
        """The first offset that is still kept."""
        return self.topics[source.topic].earliest[source.partition]

    def delete_before(self, source: TopicPartition, offset: int) -> None:
        """Let retention take the records below an offset."""
        self.topics[source.topic].earliest[source.partition] = offset

    def move_committed(self, group: str, source: TopicPartition, offset: int) -> None:
        """Move a group's position as an operator does with Kafka's own tools: without our metadata."""
        self.committed[group, source] = Committed(offset, "")


class FakeGroup:
    """A consumer group: who is in it, and who has which partition.

    Joining and leaving share the partitions out anew, evenly, moving as few as need be. `move` and `expire` are for
    tests that want a particular rebalance.
    """

    def __init__(self, broker: FakeBroker, name: str, topics: Sequence[str]) -> None:
        self.broker = broker
        self.name = name
        self._topics = topics
        self._members: list[FakeSource] = []
        self._owners: dict[TopicPartition, FakeSource] = {}
        self._targets: dict[TopicPartition, FakeSource] = {}

    def owner(self, source: TopicPartition) -> "FakeSource | None":
        """The member that the group believes to have the partition."""
        return self._owners.get(source)

    def join(self, member: "FakeSource") -> None:
        """Take a member in. It gets its share at its next poll, once the others have given it up."""
        self._members.append(member)
        self._share_out()

    def leave(self, member: "FakeSource") -> None:
        """Let a member go; its partitions are free at once."""
        self._free(member)
        self._share_out()

    def expire(self, member: "FakeSource") -> None:
        """Put a member out that was not heard of for too long. It learns so at its next poll, and joins again."""
        member.partitions_lost()
        self.leave(member)

    def move(self, source: TopicPartition, to: "FakeSource") -> None:
        """Have a partition go to another member, once the one that has it has given it up."""
        self._targets[source] = to

    def seize(self, source: TopicPartition, to: "FakeSource") -> None:
        """Give a partition to another member at once. Whoever had it goes on unaware until its next poll."""
        if loser := self._owners.pop(source, None):
            loser.partition_lost(source)
        self._targets[source] = to

    def to_give_up(self, member: "FakeSource") -> list[TopicPartition]:
        """Partitions that the member has and is to give to others."""
        return [
            source
            for source, owner in self._owners.items()
            if owner is member and self._targets.get(source) is not owner
        ]

    def give_up(self, member: "FakeSource", source: TopicPartition) -> None:
        """The member has stopped reading the partition."""
        if self._owners.get(source) is member:
            del self._owners[source]

    def take(self, member: "FakeSource") -> list[TopicPartition]:
        """Hand the member what is free and meant for it."""
        taken = [source for source, to in self._targets.items() if to is member and source not in self._owners]
        self._owners.update(dict.fromkeys(taken, member))
        return taken

    def has(self, member: "FakeSource") -> bool:
        """Whether the member is in the group."""
        return member in self._members

    def _free(self, member: "FakeSource") -> None:
        if member in self._members:
            self._members.remove(member)
        self._owners = {source: owner for source, owner in self._owners.items() if owner is not member}

    def _share_out(self) -> None:
        """Give every partition a member: the one that has it, unless that has more than its share."""
        self._targets = {}
        if not self._members:
            return
        sources = [source for topic in self._topics for source in self.broker.partitions(topic)]
        share, rest = divmod(len(sources), len(self._members))
        room = {member: share + (index < rest) for index, member in enumerate(self._members)}
        for source in sources:
            owner = self._owners.get(source)
            if owner is not None and room[owner]:
                self._targets[source] = owner
                room[owner] -= 1
        for source in sources:
            if source not in self._targets:
                member = next(member for member in self._members if room[member])
                self._targets[source] = member
                room[member] -= 1


class FakeSource:
    """A member of the group: the ports `Source` and `Assignment`.

    `meanwhile` is called once, in the middle of gathering the next batch, before the rebalances that it brings about
    reach the member.
    """

    def __init__(self, group: FakeGroup, name: str, *, waited: Callable[[float], None] = lambda seconds: None) -> None:
        self.name = name
        self.meanwhile: Callable[[], object] | None = None
        self._group = group
        self._broker = group.broker
        self._waited = waited
        self._assigned: set[TopicPartition] = set()
        self._lost: set[TopicPartition] = set()
        self._topic_ids: dict[TopicPartition, str] = {}
        self._next: dict[TopicPartition, int] = {}
        self._started: set[TopicPartition] = set()
        self._done: dict[TopicPartition, int] = {}
        self._gone: set[TopicPartition] = set()
        self._new: set[TopicPartition] = set()
        self._strange: set[TopicPartition] = set()
        self._stamped: set[TopicPartition] = set()
        self._turn = 0
        self._is_closed = False
        group.join(self)

    @property
    def is_behind(self) -> bool:
        """Whether there is more to be read."""
        return any(self._next[source] < self._broker.end(source) for source in self._started)

    def poll(self, limits: BatchLimits) -> Batch | None:
        """Gather what there is, a record of each started partition in turn."""
        self._rebalance()
        filling = Filling(limits)
        gathered = self._gather(filling)
        if self._rebalance():
            return self._still_assigned(Batch(gathered, ClosedBy.REBALANCE))
        if not gathered:
            self._waited(IDLE_SECONDS)
            return None
        closed_by = filling.closed(0.0)
        if closed_by is None:
            self._waited(limits.seconds)
        return Batch(gathered, closed_by or ClosedBy.AGE)

    def hold(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Let the time pass, all at once, and rebalances happen."""
        self._rebalance()
        if not is_over():
            self._waited(seconds)
        self._rebalance()

    def commit(self, claims: Mapping[TopicPartition, Claim]) -> None:
        """Write what moved, where the group still takes it from us."""
        for source, claim in claims.items():
            has_moved = source in self._started and claim.next_offset != self._done.get(source)
            if has_moved and self._group.owner(source) is self:
                self._broker.committed[self._group.name, source] = Committed(claim.next_offset, stamp(claim))
                self._done[source] = claim.next_offset
                self._stamped |= self._strange & {source}
                self._strange.discard(source)

    def close(self) -> None:
        """Leave the group."""
        if not self._is_closed:
            self._is_closed = True
            self._group.leave(self)

    def changes(self) -> Changes:
        """What changed since the last call."""
        self._claim_anew([source for source, id_then in self._topic_ids.items() if id_then != self._topic_id(source)])
        changes = Changes(frozenset(self._gone), frozenset(self._new), frozenset(self._stamped))
        self._gone, self._new, self._stamped = set(), set(), set()
        return changes

    def look_up(self, sources: Collection[TopicPartition]) -> Findings:
        """What the broker has of each partition."""
        self._topic_ids |= {source: self._topic_id(source) for source in sources}
        found = {source: self._found(source) for source in sources}
        self._strange -= found.keys()
        self._strange |= {source for source, each in found.items() if each.committed and not is_ours(each.committed)}
        return found

    def start(self, source: TopicPartition, offset: int) -> None:
        """Read from the offset on."""
        if source not in self._assigned:
            raise Transient(f"{source} is not assigned any more")
        self._next[source] = self._done[source] = offset
        self._started.add(source)

    def stop(self, source: TopicPartition) -> None:
        """Read no more of it."""
        self._started.discard(source)

    def partition_lost(self, source: TopicPartition) -> None:
        """The group took the partition away without waiting; this member will see so at its next poll."""
        self._lost.add(source)

    def partitions_lost(self) -> None:
        """The same of all partitions."""
        self._lost |= self._assigned

    def _found(self, source: TopicPartition) -> Found:
        return Found(
            topic_id=self._topic_id(source),
            committed=self._broker.committed.get((self._group.name, source)),
            earliest=self._broker.earliest(source),
            end=self._broker.end(source),
        )

    def _rebalance(self) -> bool:
        """What the callbacks of a real consumer do. True when it changed the assignment."""
        gone = self._lost | set(self._group.to_give_up(self))
        self._lost = set()
        for source in gone:
            self._group.give_up(self, source)
        self._forget(gone)
        if not self._is_closed and not self._group.has(self):
            self._group.join(self)
        new = set(self._group.take(self))
        self._assigned |= new
        self._new |= new
        return bool(gone or new)

    def _topic_id(self, source: TopicPartition) -> str:
        return self._broker.topics[source.topic].id

    def _claim_anew(self, sources: Collection[TopicPartition]) -> None:
        ours = self._assigned.intersection(sources)
        for source in ours:
            self.stop(source)
            self._topic_ids.pop(source, None)
        self._gone |= ours
        self._new |= ours

    def _forget(self, gone: set[TopicPartition]) -> None:
        self._assigned -= gone
        self._started -= gone
        self._new -= gone
        self._gone |= gone

    def _gather(self, filling: Filling) -> list[Record]:
        gathered: list[Record] = []
        for record in self._readable():
            if not filling.add(record.size, 0.0):
                break
            gathered.append(record)
            self._next[record.source] = record.offset + 1
            if self.meanwhile:
                meanwhile, self.meanwhile = self.meanwhile, None
                meanwhile()
        return gathered

    def _readable(self) -> Iterator[Record]:
        """The next record of each started partition in turn, beginning with another partition at each poll."""
        self._turn += 1
        waiting = sorted(self._started)
        first = self._turn % max(1, len(waiting))
        waiting = waiting[first:] + waiting[:first]
        while waiting:
            self._claim_anew([source for source in waiting if not self._is_in_range(source)])
            waiting = [
                source
                for source in waiting
                if source in self._started and self._next[source] < self._broker.end(source)
            ]
            for source in waiting:
                yield self._broker.topics[source.topic].logs[source.partition][self._next[source]]

    def _is_in_range(self, source: TopicPartition) -> bool:
        return self._broker.earliest(source) <= self._next[source] <= self._broker.end(source)

    def _still_assigned(self, batch: Batch) -> Batch | None:
        kept = [record for record in batch.records if record.source in self._started]
        return Batch(kept, batch.closed_by) if kept else None


class FakeDeadLetters:
    """The port `DeadLetters`, into a topic of the broker.

    `before_each` is called with each letter before it is appended: for tests that fail in the middle.
    """

    def __init__(
        self,
        broker: FakeBroker,
        topic: str,
        *,
        sender: Sender = SENDER,
        now: Callable[[], datetime] = lambda: LONG_AGO,
    ) -> None:
        self.before_each: Callable[[Letter], None] = lambda letter: None
        self._broker = broker
        self._topic = topic
        self._sender = sender
        self._now = now

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        """Append a letter for each."""
        kept = []
        for rejection in rejections:
            whole = write_letter(rejection, self._sender, self._now(), None)
            letter = self._fitting(whole, rejection.record)
            if letter is not whole:
                kept.append(KeptPayload(rejection.record))
            self.before_each(letter)
            self._append(letter)
        return kept

    def _fitting(self, letter: Letter, record: Record) -> Letter:
        """The longest form that the topic takes."""
        limit = self._topic_of_letters().max_message_bytes
        for shorten in SHORTENINGS:
            if letter.size <= limit:
                break
            letter = shorten(letter, record)
        if letter.size > limit:
            raise Fatal(f"the dead-letter topic {self._topic} refuses even the shortest letter as too large")
        return letter

    def _append(self, letter: Letter) -> None:
        number = letter.partition if letter.partition < len(self._topic_of_letters().logs) else 0
        source = TopicPartition(self._topic, number)
        sent_at = int(self._now().timestamp() * 1_000)
        self._broker.publish(source, letter.value, key=letter.key, headers=letter.headers, timestamp_ms=sent_at)

    def _topic_of_letters(self) -> FakeTopic:
        if self._topic not in self._broker.topics:
            raise Fatal(f"the dead-letter topic {self._topic} does not exist")
        return self._broker.topics[self._topic]
