"""Effect figures in words. Pure.

They speak of joining, never of merging: `merged` is how a record ends, and of the memories that join others not all end
so. An update is stored, and what is nearly the same is a duplicate.
"""

from collections.abc import Iterator

from consumer.cli.numbers import counted, digits, percent, verb
from consumer.effects import Effects


def in_words(effects: Effects) -> Iterator[str]:
    """A line for each kind of effect that there was."""
    records = counted(effects.records, "record")
    ended = f"{verb(effects.duplicates, 'was a duplicate', 'were duplicates')} ({percent(effects.duplicate_rate)})"
    yield f"{effects.duplicates:,} of {records} {ended}"
    if suspects := effects.confirmed + effects.false_alarms:
        events = counted(suspects, "event")
        looked_up = f"that {verb(suspects, 'was', 'were')} looked up in the ledger"
        yield f"{effects.confirmed:,} of {events} {looked_up} {verb(effects.confirmed, 'was', 'were')} known"
    if effects.placed:
        yield from _likeness(effects)


def _likeness(effects: Effects) -> Iterator[str]:
    placed, candidates = counted(effects.placed, "memory", "memories"), counted(effects.candidates, "candidate")
    compared = f"{verb(effects.placed, 'was', 'were')} compared with {candidates}"
    yield f"{placed} {compared} ({digits(effects.candidates_per_event)} each)"
    tried = counted(effects.merges_tried, "memory that had candidates", "memories that had candidates")
    joined = f"{effects.merged:,} of {tried} joined another ({percent(effects.merge_rate)})"
    yield f"{joined}: new or updated, folded in or nearly the same"
    pairs = f"{counted(effects.doubts, 'pair')} {verb(effects.doubts, 'was', 'were')} left to a person"
    yield f"{pairs} ({percent(effects.review_rate)} of the memories)"
