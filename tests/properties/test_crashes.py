"""One consumer that crashes anywhere and is started again: every record ends once, and as it should."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.properties.conftest import examples
from tests.properties.filters import TEMPERS, Empty, Exact
from tests.properties.mishaps import Crash, Fault, Life, Mishap, Script, crashes, may_fail
from tests.properties.reckoning import KINDS
from tests.properties.stories import Again, Broken, Entry, Event, Refused, ReusedId, entries, told
from tests.properties.world import Mode, World
from tests.wire import encode

NewWorld = Callable[[Exact, Mode], World]

RICH: tuple[Entry, ...] = (
    Event(memory=0, minute=1),
    Event(memory=1, minute=1),
    Broken(kind=3, partition=0),
    Event(memory=0, minute=2),
    Again(earlier=0),
    Event(memory=0, minute=0),
    Refused(partition=1),
    Event(memory=1, minute=3, is_deletion=True),
    Event(memory=1, minute=4),
    ReusedId(earlier=0, memory=2),
    Event(memory=0, minute=5, owner=1),
    Again(earlier=1, through_mirror=True),
)
"""Every way in which a record can end, in a dozen records."""

ALIKE: tuple[Entry, ...] = (
    Event(memory=0, minute=1, wording=0),
    Event(memory=2, minute=2, wording=0),
    Event(memory=4, minute=3, wording=2),
    Event(memory=1, minute=1, wording=3),
    Event(memory=0, minute=4, wording=5),
    Event(memory=3, minute=1, wording=1),
    Refused(partition=0),
    Event(memory=2, minute=5, is_deletion=True),
    Event(memory=4, minute=6, wording=4),
    Event(memory=6, minute=6, wording=0),
)
"""Every way in which memories can be alike; a founder that tells something else, and one that is deleted."""

REUSED_BY_A_STRANGER = [Event(memory=0, minute=0), Event(memory=1, minute=0, owner=1), ReusedId(earlier=0, memory=1)]
"""The last one is to be refused for its id, although its owner is wrong too and the filter has lost the id."""

CALLS = (
    *("poll", "changes", "look_up", "claim", "start", "maybe", "write", "add", "commit", "close"),
    *("decode: before", "send: before", "send: letter", "send: after", "sql: begin", "sql: commit"),
)
"""What a run of that story has to pass, lest a sweep over its points miss something."""

SWEEPS = pytest.mark.parametrize(
    ("story", "mode", "batch_size"),
    [
        (RICH, Mode.MEMORY, 3),
        (RICH, Mode.MEMORY, 100),
        (ALIKE, Mode.DEDUP, 3),
        (ALIKE, Mode.DEDUP, 100),
    ],
)

mishaps = st.lists(st.builds(Mishap, st.integers(0, 60), st.sampled_from(Fault)), max_size=8)


def consume(world: World, script: Script, batch_size: int) -> int:
    """Run consumers, one after the other crashed, until one finds nothing more to do. Returns how many it took."""
    started = 0
    while True:
        started += 1
        process = world.process("consumer", Life(script).reach, batch_size)
        try:
            process.worker.run()
        except Crash:
            continue
        else:
            return started
        finally:
            world.bury(process)


@settings(max_examples=examples(quick=150))
@given(story=entries(), script=mishaps, batch_size=st.integers(1, 8), temper=st.sampled_from(TEMPERS), mode=...)
@example(story=REUSED_BY_A_STRANGER, script=[], batch_size=1, temper=Empty, mode=Mode.MEMORY)
def test_crashes_and_failures_anywhere_lose_and_double_nothing(
    new_world: NewWorld,
    story: Sequence[Entry],
    script: Sequence[Mishap],
    batch_size: int,
    temper: Callable[[], Exact],
    mode: Mode,
) -> None:
    world = new_world(temper(), mode)
    world.publish(told(story, encode))
    consume(world, Script(list(script)), batch_size)
    world.check_at_the_end()


def test_the_stories_tell_of_every_ending(new_world: NewWorld) -> None:
    endings: set[str] = set()
    for story, mode in ((RICH, Mode.MEMORY), (ALIKE, Mode.DEDUP)):
        world = new_world(Exact(), mode)
        world.publish(told(story, encode))
        consume(world, Script(), batch_size=3)
        endings |= {category for counts in world.database.counts().values() for category in counts}
    assert endings == {category for categories in KINDS.values() for category in categories}
    assert world.database.query("SELECT DISTINCT reason FROM reviews ORDER BY 1") == [("alike",), ("contradiction",)]
    assert world.database.query("SELECT * FROM merged_memories")


@SWEEPS
def test_a_crash_at_every_single_point(
    new_world: NewWorld, story: Sequence[Entry], mode: Mode, batch_size: int
) -> None:
    undisturbed = run_story(new_world, Script(), story, mode, batch_size)
    assert all(any(point.startswith(call) for point in undisturbed) for call in CALLS)
    for point in range(end_of_work(undisturbed)):
        reached = run_story(new_world, crashes(point), story, mode, batch_size)
        assert reached[: point + 1] == undisturbed[: point + 1]


@SWEEPS
def test_a_failure_at_every_single_point(
    new_world: NewWorld, story: Sequence[Entry], mode: Mode, batch_size: int
) -> None:
    undisturbed = run_story(new_world, Script(), story, mode, batch_size)
    for point, name in enumerate(undisturbed[: end_of_work(undisturbed)]):
        if may_fail(name):
            run_story(new_world, Script([Mishap(point, Fault.FAIL)]), story, mode, batch_size)


def end_of_work(reached: Sequence[str]) -> int:
    """The number of points up to the last commit and a little beyond; after that the consumer only looks for more."""
    return len(reached) - reached[::-1].index("commit: after") + 4


def run_story(new_world: NewWorld, script: Script, story: Sequence[Entry], mode: Mode, batch_size: int) -> list[str]:
    """A story from beginning to end. Returns the points that were reached."""
    world = new_world(Exact(), mode)
    world.publish(told(story, encode))
    consume(world, script, batch_size)
    world.check_at_the_end()
    return script.reached
