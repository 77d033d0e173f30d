"""How much bad data is borne: a verdict over each batch, before anything of it is sent or committed. Pure."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consumer.errors import BreakerOpen, Intolerable
from consumer.records import Batch, Rejection

WINDOW = 1_000
"""Over how many of the latest records the share of bad ones is taken."""


@dataclass(slots=True, frozen=True)
class Tolerance:
    """`max_errors`: dead letters since the start, or since the breaker was closed; None for any number.

    `max_error_share`: of the last 1,000 records, judged once `min_records` of them are known; 1 for any share.
    `validate_first`: where nothing is borne, whether a bad record keeps those from being done that were read before it.
    """

    continue_on_error: bool = True
    max_errors: int | None = None
    max_error_share: float = 1.0
    min_records: int = 500
    validate_first: bool = False

    def __str__(self) -> str:
        """The settings in words: the same for the same tolerance."""
        if not self.continue_on_error:
            return "no dead letter"
        most = "any number of dead letters" if self.max_errors is None else f"{self.max_errors:,} dead letters"
        share = (
            f"{self.max_error_share:.6g} of the last {WINDOW:,} records, judged from {self.min_records:,} records on"
        )
        return f"{most}; {share}"


class ErrorCount:
    """The bad records so far. Only what is committed counts: a batch that is tried again is judged anew."""

    def __init__(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance
        self._errors = 0
        self._latest: deque[bool] = deque(maxlen=WINDOW)
        self.is_pardoned = False
        """Whether the next batch that is not borne passes all the same."""

    def check(self, batch: Batch, rejections: Sequence[Rejection]) -> None:
        """Judge a batch with these records rejected, as far as it is known by now.

        Raises `Intolerable` where nothing is borne, `BreakerOpen` where this is more than is borne.
        """
        if not rejections:
            return
        if not self._tolerance.continue_on_error:
            raise self._stop(batch, rejections)
        if not self.is_pardoned and (verdict := self._verdict(batch, rejections)):
            raise BreakerOpen(f"{verdict}; {_in_words(rejections)}")

    def committed(self, batch: Batch, rejections: Sequence[Rejection]) -> None:
        """The batch is committed, and these of its records are dead letters. What a person let pass does not count."""
        if self.is_pardoned and rejections and self._verdict(batch, rejections):
            self.is_pardoned = False
            return
        self._errors += len(rejections)
        self._latest.extend(_flags(batch, rejections) if rejections else [False] * len(batch))

    def pardon(self) -> None:
        """A person said to go on: count from nothing, and let the next bad batch pass, or it would end as before."""
        self._errors = 0
        self._latest.clear()
        self.is_pardoned = True

    def _stop(self, batch: Batch, rejections: Sequence[Rejection]) -> Intolerable:
        place = next(place for place, is_bad in enumerate(_flags(batch, rejections)) if is_bad)
        first = next(each for each in rejections if each.record == batch.records[place])
        reason = f"{first.category}, {first.code}: {first.message}"
        return Intolerable(
            f"{first.record.name} can't be processed ({reason}), and continue_on_error is off",
            advice="Set CONSUMER_CONTINUE_ON_ERROR=true to have such records sent to the dead-letter topic.",
            before=Batch([] if self._tolerance.validate_first else batch.records[:place], batch.closed_by),
            rejection=first,
        )

    def _verdict(self, batch: Batch, rejections: Sequence[Rejection]) -> str | None:
        return self._too_many(len(rejections)) or self._too_often(batch, rejections)

    def _too_many(self, more: int) -> str | None:
        most, errors = self._tolerance.max_errors, self._errors + more
        if most is None or errors <= most:
            return None
        records = "record" if errors == 1 else "records"
        return f"{errors:,} {records} can't be processed, and at most {most:,} {'is' if most == 1 else 'are'} borne"

    def _too_often(self, batch: Batch, rejections: Sequence[Rejection]) -> str | None:
        """Slide over the batch, or a flood in the middle of a large one would be gone from view at its end."""
        most = self._tolerance.max_error_share
        if most >= 1.0:
            return None
        latest = deque(self._latest, maxlen=WINDOW)
        errors = sum(latest)
        for is_bad in _flags(batch, rejections):
            errors += is_bad - (len(latest) == WINDOW and latest[0])
            latest.append(is_bad)
            if is_bad and len(latest) >= self._tolerance.min_records and errors > most * len(latest):
                known = f"{errors:,} of the last {len(latest):,} records can't be processed"
                return f"{known}, and a share of {most:.6g} is borne"
        return None


def _flags(batch: Batch, rejections: Sequence[Rejection]) -> Iterator[bool]:
    bad = {(rejection.record.source, rejection.record.offset) for rejection in rejections}
    return ((record.source, record.offset) in bad for record in batch.records)


def _in_words(rejections: Sequence[Rejection]) -> str:
    kinds = Counter(rejection.code for rejection in rejections)
    counts = ", ".join(f"{code} {count:,}" for code, count in kinds.most_common(3))
    first = rejections[0]
    return f"in this batch {counts}; {first.record.name}: {first.message}"
