"""A batch into a plan: each record becomes an event or a rejection. Pure but for the decoder's schema look-ups."""

from datetime import datetime, timedelta

from consumer.memory.field_errors import FieldError
from consumer.ports import Decoder
from consumer.records import Arrival, Batch, Category, Plan, Record, Rejection, Stage


class Planner:
    """Decodes batches, and refuses what no store should be asked to take."""

    def __init__(self, decoder: Decoder, *, max_record_bytes: int, max_ahead: timedelta) -> None:
        self._decoder = decoder
        self._max_record_bytes = max_record_bytes
        self._max_ahead = max_ahead

    def plan(self, batch: Batch, now: datetime) -> Plan:
        """Decode and validate every record. Never raises for bad data."""
        arrivals: list[Arrival] = []
        rejections: list[Rejection] = []
        strange_keys = 0
        latest = now + self._max_ahead
        for record in batch.records:
            decoded = self._too_large(record) or self._decoder.decode(record)
            if isinstance(decoded, Rejection):
                rejections.append(decoded)
            elif decoded.occurred_at > latest:
                rejections.append(self._from_the_future(record, decoded.occurred_at, now))
            else:
                arrivals.append(Arrival(record, decoded))
                strange_keys += record.key != decoded.memory_id.encode()
        return Plan(arrivals, rejections, batch.next_offsets(), strange_keys)

    def _too_large(self, record: Record) -> Rejection | None:
        if record.size <= self._max_record_bytes:
            return None
        return Rejection(
            record,
            Category.VALIDATION,
            "record_too_large",
            f"the record has {record.size:,} bytes; at most {self._max_record_bytes:,} are taken",
            "Publish less in one event, or raise CONSUMER_MAX_RECORD_BYTES.",
            Stage.VALUE_CONVERTER,
        )

    def _from_the_future(self, record: Record, occurred_at: datetime, now: datetime) -> Rejection:
        minutes = self._max_ahead.total_seconds() / 60
        error = FieldError(
            "occurred_at",
            "lies in the future",
            occurred_at.isoformat(),
            f"at most {minutes:g} minutes ahead of {now.isoformat(timespec='seconds')}",
            "occurred_in_future",
            "Mend the publisher's clock, then replay the letter.",
        )
        return Rejection(
            record,
            Category.VALIDATION,
            "occurred_in_future",
            f"occurred_at {error.value} is more than {minutes:g} minutes ahead of the clock",
            error.advice,
            Stage.TRANSFORMATION,
            errors=(error,),
        )
