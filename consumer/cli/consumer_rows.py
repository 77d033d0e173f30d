"""What running consumers said of themselves, in words: a line of a table each, and remarks below it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from consumer.process.condition import Health

if TYPE_CHECKING:
    from consumer.adapters.sql.operations import ConsumerRow

SILENT = timedelta(seconds=20)
"""A consumer that has said nothing for so long is not well: four signs of life are missing."""

NUMBERS = ("partitions", "records", "per second", "last batch", "seconds")
COLUMNS = ("consumer", "state", *NUMBERS, "closed by")


def is_running(row: "ConsumerRow", now: datetime) -> bool:
    """Whether it was heard of lately."""
    return now - row.seen_at <= SILENT


def cells(row: "ConsumerRow", now: datetime) -> tuple[object, ...]:
    """The line, by `COLUMNS`."""
    told = _told(row)
    has_all = told["claimed"] == told["assigned"]
    return (
        row.consumer_id,
        _state_at_length(row, now),
        told["claimed"] if has_all else f"{told['claimed']} of {told['assigned']}",
        f"{told['records']:,}",
        f"{told['records_per_second']:,.0f}",
        f"{told['last_batch_size']:,}",
        f"{told['last_batch_seconds']:.3f}",
        told["last_closed_by"],
    )


def remarks(rows: "Iterable[ConsumerRow]") -> dict[str, list[str]]:
    """What a person should know, and of which consumers."""
    of: dict[str, list[str]] = {}
    for row in rows:
        for remark in _remarks(_told(row)):
            of.setdefault(remark, []).append(row.consumer_id)
    return of


def consumer_object(row: "ConsumerRow", now: datetime) -> Mapping[str, Any]:
    """All of it, for programs."""
    return {"consumer_id": row.consumer_id, "state": _state(row, now), "seen_at": row.seen_at, **_told(row)}


def _told(row: "ConsumerRow") -> Mapping[str, Any]:
    """What it said. One of an earlier version, which may run beside those of this one, says less."""
    return {**Health(live=True, ready=True).as_json(), **row.snapshot}


def _remarks(told: Mapping[str, Any]) -> Iterator[str]:
    if told["waiting_for"]:
        yield f"waits: {told['waiting_for']}"
    elif told["last_trouble"]:
        yield f"over by now: {told['last_trouble']}"
    if told["stalled"]:
        yield f"nothing comes of {', '.join(told['stalled'])}, short of the end"
    if told["filter_trouble"]:
        yield f"without the filter: {told['filter_trouble']}"


def _state(row: "ConsumerRow", now: datetime) -> str:
    if not is_running(row, now):
        return "silent"
    told = _told(row)
    if not told["live"]:
        return "stuck"
    if told["waiting_for"]:
        return "waiting"
    return "stalled" if told["stalled"] else "running"


def _state_at_length(row: "ConsumerRow", now: datetime) -> str:
    state, waiting_since = _state(row, now), _told(row)["waiting_since"]
    if state == "silent":
        return f"silent for {_seconds(row.seen_at, now)}"
    return f"{state} for {_seconds(datetime.fromisoformat(waiting_since), now)}" if waiting_since else state


def _seconds(since: datetime, now: datetime) -> str:
    return f"{(now - since).total_seconds():.0f} s"
