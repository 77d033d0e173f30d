"""The whole comparison: every loop on new events, on a stream of which half are duplicates, and on real texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tests.bench.checking import SameContents
from tests.bench.loops import BARE, BARE_WIDE, OURS, OURS_WITH_DEDUP, OURS_WITH_FILTER, Loop, run_loop
from tests.bench.measuring import Measured
from tests.bench.rounds import in_rounds, say
from tests.bench.servers import Servers
from tests.bench.streams import Stream, half_duplicates, new_events, publish, texts

ON_NEW_EVENTS = (BARE, OURS, OURS_WITH_FILTER, BARE_WIDE)
ON_DUPLICATES = (BARE, OURS, OURS_WITH_FILTER)
ON_TEXTS = (BARE, OURS_WITH_FILTER, OURS_WITH_DEDUP)


@dataclass(slots=True, frozen=True)
class Compared:
    """The runs of each loop over one stream, by the loop's title; the others are held against the first."""

    title: str
    runs: Mapping[str, Sequence[Measured]]


def compare(servers: Servers, count: int, rounds: int) -> list[Compared]:
    """All comparisons. Raises `WrongResult` or `LoopFailed`."""
    say(f"publishing {count:,} new events")
    new = publish(servers.kafka, "new", new_events(count), count)
    on_new = compare_on(new, "new events", ON_NEW_EVENTS, servers, rounds)
    say(f"publishing {count // 2:,} events, each twice")
    twice = publish(servers.kafka, "twice", half_duplicates(count), count // 2)
    on_twice = compare_on(twice, "every event twice", ON_DUPLICATES, servers, rounds)
    say("publishing real texts")
    real = publish(servers.kafka, "texts", texts(count))
    return [on_new, on_twice, compare_on(real, "texts of 500 owners", ON_TEXTS, servers, rounds)]


def compare_on(stream: Stream, title: str, loops: Sequence[Loop], servers: Servers, rounds: int) -> Compared:
    """Run the loops over one stream; all have to leave the same rows. Memory is noted at a quarter and at the end."""
    same, rss_at = SameContents(), (stream.records // 4, stream.records)
    subjects = {loop.title: partial(run_loop, loop, servers, stream, same, rss_at) for loop in loops}
    return Compared(title, in_rounds(rounds, subjects))
