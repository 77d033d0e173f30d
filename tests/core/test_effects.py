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
        "1 of 4 events that were looked up in the ledger was known",
        "8 memories were compared with 12 candidates (1.5 each)",
        "3 of 6 memories that had candidates joined another (50.0%): new or updated, folded in or nearly the same",
        "2 pairs were left to a person (25.0% of the memories)",
    ]


def test_in_words_of_one_and_of_few() -> None:
    one = Effects(records=1, duplicates=1, placed=1, candidates=1, merges_tried=1, merged=1, doubts=1, confirmed=1)
    assert list(in_words(one)) == [
        "1 of 1 record was a duplicate (100.0%)",
        "1 of 1 event that was looked up in the ledger was known",
        "1 memory was compared with 1 candidate (1.0 each)",
        "1 of 1 memory that had candidates joined another (100.0%): new or updated, folded in or nearly the same",
        "1 pair was left to a person (100.0% of the memories)",
    ]
    few = list(in_words(Effects(records=21_000, duplicates=1, placed=921, candidates=11, merges_tried=11, merged=7)))
    assert few[0] == "1 of 21,000 records was a duplicate (0.0048%)"
    assert few[1] == "921 memories were compared with 11 candidates (0.012 each)"
