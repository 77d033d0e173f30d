"""Stories of few memories in few words, which meet: some that hypothesis makes up, and some that it once found."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from consumer.memory.merging.clusters import cluster_founded_by
from consumer.memory.merging.members import Member
from consumer.memory.model import Emotion, MemoryEvent
from tests.memory.merging.originals import feeling, memory
from tests.stories import NOON, event_id

WORDS = tuple(f"w{number}" for number in range(20))
WORDINGS: tuple[Callable[[str], str], ...] = (str, str, str.upper, lambda words: words.replace(" ", "  "))
"""Ways to say the same."""


class Told(NamedTuple):
    """An event about one of a few memories. `edits` are the places of words that are others than usual."""

    memory: int
    minute: int
    edits: frozenset[int] = frozenset()
    extra: str = ""
    owner: int = 0
    sources: tuple[str, ...] = ("s0",)
    people: tuple[str, ...] = ("p",)
    emotion: Emotion | None = None
    tags: int = 0
    wording: Callable[[str], str] = str
    has_words: bool = True
    is_deletion: bool = False


class Again(NamedTuple):
    """An earlier event a second time."""

    earlier: int


Entry = Told | Again


def stories() -> st.SearchStrategy[list[Entry]]:
    """Sequences about few memories in few words, so that they meet: the same, alike, contradicting, unlike."""
    told = st.builds(
        Told,
        memory=st.integers(0, 6),
        minute=st.integers(0, 5),
        edits=st.frozensets(st.integers(0, 6), max_size=5),
        extra=st.sampled_from(("", "", "", " more", " not")),
        owner=st.sampled_from((0, 0, 0, 0, 1)),
        sources=st.sampled_from((("s0",), ("s0",), ("s0",), ("s1",), ("s0", "s1"), ("s1", "s2", "s3"), ())),
        people=st.sampled_from((("p",), ("p",), ("p",), ("p", "q"), ())),
        emotion=st.sampled_from((None, "joy", "anger", "fear")),
        tags=st.sampled_from((0, 0, 8, 12)),
        wording=st.sampled_from(WORDINGS),
        has_words=st.sampled_from((True,) * 6 + (False,)),
        is_deletion=st.sampled_from((False,) * 6 + (True,)),
    )
    return st.lists(st.one_of(told, told, told, told, st.builds(Again, st.integers(0, 9))), min_size=1, max_size=16)


def events_of(story: Sequence[Entry]) -> list[MemoryEvent]:
    """The story as events, in order."""
    events: list[MemoryEvent] = []
    for number, entry in enumerate(story):
        match entry:
            case Again(earlier):
                events += events[earlier : earlier + 1]
            case Told():
                events.append(event_of(entry, number))
    return events


def event_of(told: Told, number: int) -> MemoryEvent:
    words = " ".join(f"x{place}" if place in told.edits else word for place, word in enumerate(WORDS))
    what = memory(
        told.wording(words + told.extra) if told.has_words else "\U0001f602" * (1 + len(told.edits)),
        owner=f"owner-{told.owner}",
        sources=told.sources,
        people=told.people,
        feeling=feeling(told.emotion) if told.emotion else None,
        tags=[f"{told.memory}-{tag}" for tag in range(told.tags)],
    )
    moment = NOON.replace(minute=told.minute)
    name, identity = f"memory-{told.memory}", event_id(f"event {number}")
    if told.is_deletion:
        return MemoryEvent(identity, "DELETED", name, moment, "tests", None)
    return MemoryEvent(identity, "CREATED", name, moment, "tests", what)


DISPUTED = [Told(0, 0, emotion="joy"), Told(1, 1, frozenset({1, 2}), emotion="anger"), Told(1, 2, is_deletion=True)]
"""A pair that a person had to look at, had one of the two not been deleted at once."""

LED_BY_ANOTHER = [
    Told(0, 0),
    Told(1, 1, frozenset({1, 2}), emotion="joy"),
    Told(2, 2, frozenset({1, 3}), emotion="anger"),
]
"""A pair that is in dispute with whoever is the oldest."""

ECHOED = [
    Told(0, 3),
    Told(1, 4, tags=8),
    Told(2, 5, frozenset({1, 2})),
    Told(2, 5, is_deletion=True),
    Told(3, 1, frozenset({1, 2})),
]
"""Somebody says the same as the oldest; another joins and leaves; then an older one says something else."""

AWAY_AND_BACK = [
    Told(0, 0),
    Told(1, 1, frozenset({0, 1, 2, 3, 4})),
    Told(1, 2, extra=" not"),
    Told(2, 3, frozenset({0, 1, 2, 3})),
    Told(1, 4, frozenset({0, 1, 2, 3, 4})),
]
"""A doubtful content that goes, and comes back when there is somebody to join."""


WORDED_ANOTHER_WAY = [
    Told(0, 0),
    Told(1, 1, wording=str.upper),
    Told(2, 2, frozenset({1}), tags=8),
    Told(0, 3, is_deletion=True),
]
"""Whose words are kept leaves, and another has said the same in its own way; a third is folded in."""


DOUBTED_BEFORE_DISPUTED = [
    Told(0, 0, emotion="joy"),
    Told(1, 1, frozenset(range(5)), emotion="anger"),
    Told(2, 5, frozenset({0, 1})),
    Told(0, 2, emotion="joy"),
    Told(1, 3, frozenset(range(5)), emotion="anger"),
]
"""Two that may be one, until both join a third that both are like: now they are in dispute as well."""


TAKEN_FOR_ONE = [Told(0, 3, emotion="anger"), Told(1, 4, frozenset({0, 1, 2, 3}), emotion="anger")]
ITS_HEIR_IS_IN_DISPUTE = [Told(0, 5, is_deletion=True), Told(2, 1, frozenset({0, 1, 2, 3, 5, 6}), emotion="joy")]
"""Who joined by a person's word founds the cluster by now, and an older one joins it that felt something else."""


OF_THREE = [
    Told(0, 0),
    Told(1, 1, frozenset({0, 1, 2, 3, 4, 5, 6})),
    Told(2, 2, frozenset({0, 1, 2, 7})),
]
"""Two that may be one, and a third that may be one with each."""


def of(number: int) -> Callable[[str], str]:
    """The words of something that has none in common with what is told under another number."""
    return lambda words: words.replace("w", "abcdefg"[number])


def all_but_one_leave() -> list[Entry]:
    """Too many of one source; then one is left, the last to be looked at, and another comes that is like it."""
    many = [Told(number, 0, wording=of(number)) for number in range(7)]
    stays = max(enumerate(events_of(many)), key=lambda each: founded_by(each[1]))[0]
    leave = [Told(number, 1, is_deletion=True) for number in range(7) if number != stays]
    return [*many, *leave, Told(7, 2, extra=" more", wording=of(stays))]


def founded_by(event: MemoryEvent) -> UUID:
    """The cluster that the event's memory founds."""
    assert event.memory is not None
    return cluster_founded_by(Member(event.memory_id, event.occurred_at, event.memory), event.event_id)
