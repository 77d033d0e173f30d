"""Effect figures in words. Pure."""

from collections.abc import Iterator

from consumer.effects import Effects


def in_words(effects: Effects) -> Iterator[str]:
    """A line for each kind of effect that there was."""
    duplicates = f"{effects.duplicates:,} of {effects.records:,} records were duplicates"
    yield f"{duplicates} ({effects.duplicate_rate:.1%})"
    if suspects := effects.confirmed + effects.false_alarms:
        yield f"{effects.confirmed:,} of {suspects:,} events that were looked up in the ledger were known"
    if effects.placed:
        candidates = f"{effects.placed:,} memories were compared with {effects.candidates:,} candidates"
        yield f"{candidates} ({effects.candidates_per_event:.1f} each)"
        merged = f"{effects.merged:,} of {effects.merges_tried:,} that had candidates joined one"
        yield f"{merged} ({effects.merge_rate:.1%})"
        pairs = "pair was" if effects.doubts == 1 else "pairs were"
        yield f"{effects.doubts:,} {pairs} left to a person ({effects.review_rate:.1%} of the memories)"
