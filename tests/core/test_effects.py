"""Effect figures add up, and nothing divided by nothing is 0."""

from consumer.cli.effects import in_words
from consumer.effects import COUNTS, RATES, Effects

SOME = Effects(
    records=10,
    duplicates=4,
    placed=8,
    candidates=12,
    merges_tried=6,
    merged=3,
    doubts=2,
    confirmed=1,
    false_alarms=3,
)


def test_with_nothing_processed_every_figure_is_0() -> None:
    told = Effects().as_json()
    assert told == dict.fromkeys([*COUNTS, *RATES], 0)
    assert list(in_words(Effects())) == ["0 of 0 records were duplicates (0.0%)"]


def test_rates_are_shares_of_what_was_asked() -> None:
    assert {name: getattr(SOME, name) for name in RATES} == {
        "duplicate_rate": 0.4,
        "merge_rate": 0.5,
        "review_rate": 0.25,
        "candidates_per_event": 1.5,
        "false_alarm_rate": 0.75,
    }


def test_batches_add_up() -> None:
    assert SOME + Effects() == SOME
    assert (SOME + SOME).counts() == {name: 2 * count for name, count in SOME.counts().items()}


def test_in_words() -> None:
    assert list(in_words(SOME)) == [
        "4 of 10 records were duplicates (40.0%)",
        "1 of 4 events that were looked up in the ledger were known",
        "8 memories were compared with 12 candidates (1.5 each)",
        "3 of 6 that had candidates joined one (50.0%)",
        "2 pairs were left to a person (25.0% of the memories)",
    ]
