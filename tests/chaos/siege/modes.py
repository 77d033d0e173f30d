"""The modes of the consumer: what is published in each, and what has to come of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from consumer.memory.model import MemoryEvent
from consumer.records import CREATED, Outcome
from tests.chaos.siege import evidence
from tests.chaos.siege.checker import Finding, check_contents
from tests.chaos.siege.cluster_checker import agrees_but_for_wording, check_clusters
from tests.chaos.siege.published import Ending, Published
from tests.chaos.siege.retelling import retold


@dataclass(slots=True, frozen=True)
class Mode:
    """One of them. `name` is that of the setting.

    `told`: the event that is published in the place of one. `ending`: how a record has to end of which the outcome is
    this where nothing is alike. `check`: looks at all that is stored when everything is read.
    """

    name: str
    told: Callable[[MemoryEvent], MemoryEvent]
    ending: Callable[[Outcome], Ending]
    check: Callable[[Published, evidence.Connection], Iterator[Finding]]


def _as_it_is(event: MemoryEvent) -> MemoryEvent:
    return event


def _counted(outcome: Outcome) -> Ending:
    return Ending(outcome.kind.value)


def _placed(outcome: Outcome) -> Ending:
    return Ending.PLACED if outcome == CREATED else _counted(outcome)


def _check_memories(published: Published, connection: evidence.Connection) -> Iterator[Finding]:
    return check_contents(published, evidence.memories(connection), evidence.ledger(connection))


def _check_clusters(published: Published, connection: evidence.Connection) -> Iterator[Finding]:
    memories, ledger = evidence.memories(connection), evidence.ledger(connection)
    return chain(
        check_contents(published, memories, ledger, agrees_but_for_wording),
        check_clusters(published, evidence.clusters(connection)),
    )


MEMORY = Mode("memory", _as_it_is, _counted, _check_memories)
DEDUP = Mode("memory+dedup", retold, _placed, _check_clusters)
MODES = {mode.name: mode for mode in (MEMORY, DEDUP)}
