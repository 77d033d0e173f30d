"""Two consumers of one group that trade partitions at any moment, one of them perhaps a zombie."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.records import TopicPartition
from tests.fakes.kafka import FakeGroup
from tests.properties.conftest import examples
from tests.properties.filters import TEMPERS, Exact
from tests.properties.mishaps import FOR_EVER
from tests.properties.stories import PARTITIONS, Broken, Entry, Event, entries, told
from tests.properties.turns import Player
from tests.properties.world import LATE, Mode, Process, World
from tests.wire import encode

STORY = (
    Event(0, 1, wording=0),
    Broken(3, 0),
    Event(0, 2, wording=2),
    Event(1, 1, wording=0),
    Event(1, 2, wording=1),
    Event(2, 1, wording=2),
    Event(3, 1, wording=0),
)
"""Two batches and more in every partition, with a dead letter in the first; and all are alike."""

NewWorld = Callable[[Exact, Mode], World]


class Step(NamedTuple):
    """One of them goes on for so many points."""

    who: int
    points: int


class GoTo(NamedTuple):
    """One of them goes on until it stands at such a point."""

    who: int
    point: str


class Move(NamedTuple):
    """The group moves a partition, politely: whoever has it gives it up first."""

    partition: TopicPartition
    to: int


class Seize(NamedTuple):
    """The group gives a partition away although its owner has not said a word for too long."""

    partition: TopicPartition
    to: int


class SeizeAll(NamedTuple):
    """The group gives all partitions to one of them at once."""

    to: int


class Expire(NamedTuple):
    """The group puts one out. It goes on, a zombie, until it hears of it."""

    who: int


class Kill(NamedTuple):
    """One crashes where it stands, and is started anew."""

    who: int


Act = Step | GoTo | Move | Seize | SeizeAll | Expire | Kill

TURNING_POINTS = (
    "claim: after",
    "poll: after",
    "write: before",
    "sql: begin",
    "sql: commit",
    "add: before",
    "hold: before",
)
"""Where it matters what the other one does meanwhile."""

who = st.integers(0, 1)
go_to = st.builds(GoTo, who, st.sampled_from(TURNING_POINTS))
acts = st.lists(
    st.one_of(
        go_to,
        go_to,
        st.builds(Step, who, st.integers(1, 40)),
        st.builds(SeizeAll, who),
        st.builds(Move, st.sampled_from(PARTITIONS), who),
        st.builds(Seize, st.sampled_from(PARTITIONS), who),
        st.builds(Expire, who),
        st.builds(Kill, who),
    ),
    max_size=24,
)


class Stage:
    """Two places, each with a consumer in it."""

    def __init__(self, world: World, batch_size: int) -> None:
        self.world = world
        self._batch_size = batch_size
        self._cast = [self._enter(0), self._enter(1)]

    def player(self, number: int) -> Player:
        """The thread of one of the two."""
        return self._cast[number][0]

    def process(self, number: int) -> Process:
        """The consumer in it."""
        return self._cast[number][1]

    def play(self, act: Act) -> None:
        """One act."""
        group = self.world.group
        match act:
            case Step(number, points):
                for _ in range(points):
                    self.player(number).step()
            case GoTo(number, point):
                self.player(number).step()
                self.player(number).run_to(point, at_most=300)
            case Move(partition, to):
                group.move(partition, self.process(to).source)
            case Seize(partition, to):
                group.seize(partition, self.process(to).source)
            case SeizeAll(to):
                own_everything(group, self.process(to))
            case Expire(number):
                group.expire(self.process(number).source)
            case Kill(number):
                self._kill(number)
                self._cast[number] = self._enter(number)

    def finish(self) -> None:
        """Let both go on by turns until neither finds anything more to do, then a last one look after what is left.

        To one that stood still while the other was idle, the time that passed looks like time without a record.
        """
        for _ in range(FOR_EVER):
            for player, _ in self._cast:
                player.step()
            if all(player.is_over for player, _ in self._cast):
                break
        else:
            pytest.fail("going round in circles")
        for _, process in self._cast:
            self.world.bury(process)
        last, process = self._enter(0)
        last.run_to_the_end()
        self.world.bury(process)

    def close(self) -> None:
        """Leave no thread behind."""
        for player, _ in self._cast:
            player.crash()

    def _enter(self, number: int) -> tuple[Player, Process]:
        player = Player()
        process = self.world.process(f"consumer-{number}", player.reach, self._batch_size, LATE)
        player.begin(process.worker.run)
        return player, process

    def _kill(self, number: int) -> None:
        self.player(number).crash()
        self.world.bury(self.process(number))


@settings(max_examples=examples(quick=100))
@given(story=entries(), acts=acts, batch_size=st.integers(1, 8), temper=st.sampled_from(TEMPERS), mode=...)
def test_two_owners_trading_partitions_lose_and_double_nothing(
    new_world: NewWorld,
    story: Sequence[Entry],
    acts: Sequence[Act],
    batch_size: int,
    temper: Callable[[], Exact],
    mode: Mode,
) -> None:
    world = new_world(temper(), mode)
    world.publish(told(story, encode))
    stage = Stage(world, batch_size)
    try:
        for act in acts:
            stage.play(act)
        stage.finish()
    finally:
        stage.close()
    world.check_at_the_end()


def own_everything(group: FakeGroup, process: Process) -> None:
    """The group gives every partition to this one, whoever had it."""
    for partition in PARTITIONS:
        group.seize(partition, process.source)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("frozen_at", ["maybe: before", "write: before", "sql: begin"])
@pytest.mark.parametrize("heir_at", ["write: before", "add: after", "the end"])
def test_a_zombie_writes_nothing(new_world: NewWorld, frozen_at: str, heir_at: str, mode: Mode) -> None:
    world = new_world(Exact(), mode)
    world.publish(told(STORY, encode))
    stage = Stage(world, batch_size=2)
    try:
        zombie, heir = stage.player(0), stage.player(1)
        own_everything(world.group, stage.process(0))
        assert zombie.run_to("decode: before") and zombie.run_to(frozen_at)
        own_everything(world.group, stage.process(1))
        assert heir.run_to(heir_at) or heir_at == "the end"
        inherited = world.database.everything()

        assert zombie.run_to("stop: before"), "it has to learn that it lost its partitions"
        assert world.database.everything() == inherited
        stage.finish()
    finally:
        stage.close()
    world.check_at_the_end()


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("frozen_at", ["sql: savepoint", "send: letter", "sql: commit"])
def test_an_owner_frozen_in_its_transaction_keeps_its_heir_waiting_but_doubles_nothing(
    new_world: NewWorld, frozen_at: str, mode: Mode
) -> None:
    world = new_world(Exact(), mode)
    world.publish(told(STORY, encode))
    stage = Stage(world, batch_size=2)
    try:
        frozen, heir = stage.player(0), stage.player(1)
        own_everything(world.group, stage.process(0))
        assert frozen.run_to("decode: before") and frozen.run_to(frozen_at)
        done = len(world.history)
        own_everything(world.group, stage.process(1))
        for _ in range(100):
            heir.step()
        assert len(world.history) == done, "the lock is the frozen one's"

        assert frozen.run_to("write: after"), "it was the owner still, and its batch counts"
        assert len(world.history) == done + 2
        stage.finish()
    finally:
        stage.close()
    world.check_at_the_end()
