"""The whole comparison: every loop on new events, then on a stream of which half are duplicates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tests.bench.checking import SameContents
from tests.bench.loops import BARE, BARE_WIDE, OURS, OURS_WITH_FILTER, Loop, run_loop
from tests.bench.measuring import Measured
from tests.bench.rounds import in_rounds, say
from tests.bench.servers import Servers
from tests.bench.streams import Stream, half_duplicates, new_events, publish

ON_NEW_EVENTS = (BARE, OURS, OURS_WITH_FILTER, BARE_WIDE)
ON_DUPLICATES = (BARE, OURS, OURS_WITH_FILTER)


@dataclass(slots=True, frozen=True)
class Compared:
    """The runs of each loop over one stream, by the loop's title; the others are held against the first."""

    title: str
    runs: Mapping[str, Sequence[Measured]]


def compare(servers: Servers, count: int, rounds: int) -> list[Compared]:
    """Both comparisons. Raises `WrongResult` or `LoopFailed`."""
    rss_at = (count // 4, count)
    say(f"publishing {count:,} new events")
    new = publish(servers.kafka, "new", new_events(count), count)
    on_new = _compare(ON_NEW_EVENTS, servers, new, rounds, rss_at)
    say(f"publishing {count // 2:,} events, each twice")
    twice = publish(servers.kafka, "twice", half_duplicates(count), count // 2)
    on_twice = _compare(ON_DUPLICATES, servers, twice, rounds, rss_at)
    return [Compared("new events", on_new), Compared("every event twice", on_twice)]


def _compare(
    loops: Sequence[Loop], servers: Servers, stream: Stream, rounds: int, rss_at: tuple[int, ...]
) -> dict[str, list[Measured]]:
    same = SameContents()
    subjects = {loop.title: partial(run_loop, loop, servers, stream, same, rss_at) for loop in loops}
    return in_rounds(rounds, subjects)
