"""One consumer that crashes anywhere and is started again: every record ends once, and as it should."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.properties.conftest import examples
from tests.properties.filters import TEMPERS, Empty, Exact
from tests.properties.mishaps import Crash, Fault, Life, Mishap, Script, crashes, may_fail
from tests.properties.stories import Again, Broken, Entry, Event, Refused, ReusedId, entries, told
from tests.properties.world import World
from tests.wire import encode

NewWorld = Callable[[Exact], World]

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

REUSED_BY_A_STRANGER = [Event(memory=0, minute=0), Event(memory=1, minute=0, owner=1), ReusedId(earlier=0, memory=1)]
"""The last one is to be refused for its id, although its owner is wrong too and the filter has lost the id."""

CALLS = (
    *("poll", "changes", "look_up", "claim", "start", "maybe", "write", "add", "commit", "close"),
    *("decode: before", "send: before", "send: letter", "send: after", "sql: begin", "sql: commit"),
)
"""What a run of that story has to pass, lest a sweep over its points miss something."""

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


@settings(max_examples=examples(quick=150), deadline=None)
@given(story=entries(), script=mishaps, batch_size=st.integers(1, 8), temper=st.sampled_from(TEMPERS))
@example(story=REUSED_BY_A_STRANGER, script=[], batch_size=1, temper=Empty)
def test_crashes_and_failures_anywhere_lose_and_double_nothing(
    new_world: NewWorld,
    story: Sequence[Entry],
    script: Sequence[Mishap],
    batch_size: int,
    temper: Callable[[], Exact],
) -> None:
    world = new_world(temper())
    world.publish(told(story, encode))
    consume(world, Script(list(script)), batch_size)
    world.check_at_the_end()


@pytest.mark.parametrize("batch_size", [3, 100])
def test_a_crash_at_every_single_point(new_world: NewWorld, batch_size: int) -> None:
    undisturbed = run_story(new_world, Script(), batch_size)
    assert all(any(point.startswith(call) for point in undisturbed) for call in CALLS)
    for point in range(end_of_work(undisturbed)):
        reached = run_story(new_world, crashes(point), batch_size)
        assert reached[: point + 1] == undisturbed[: point + 1]


@pytest.mark.parametrize("batch_size", [3, 100])
def test_a_failure_at_every_single_point(new_world: NewWorld, batch_size: int) -> None:
    undisturbed = run_story(new_world, Script(), batch_size)
    for point, name in enumerate(undisturbed[: end_of_work(undisturbed)]):
        if may_fail(name):
            run_story(new_world, Script([Mishap(point, Fault.FAIL)]), batch_size)


def end_of_work(reached: Sequence[str]) -> int:
    """The number of points up to the last commit and a little beyond; after that the consumer only looks for more."""
    return len(reached) - reached[::-1].index("commit: after") + 4


def run_story(new_world: NewWorld, script: Script, batch_size: int) -> list[str]:
    """The rich story from beginning to end. Returns the points that were reached."""
    world = new_world(Exact())
    world.publish(told(RICH, encode))
    consume(world, script, batch_size)
    world.check_at_the_end()
    return script.reached
