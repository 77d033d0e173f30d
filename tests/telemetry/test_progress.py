"""Progress, as people see it."""

import io
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from consumer.records import CREATED, UPDATED, Batch, Category, ClosedBy, Kind, Outcome, Record, TopicPartition, Written
from consumer.telemetry.progress import LINE_SECONDS, track
from consumer.telemetry.progress_log import ProgressLog
from tests.fakes.clock import HandClock


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def batch(size: int, closed_by: ClosedBy) -> Batch:
    source = TopicPartition("memories", 0)
    return Batch([Record(source, offset, None, None, [], 0) for offset in range(size)], closed_by)


class TestProgressLog:
    def test_a_line_tells_of_the_time_since_the_last_one(self) -> None:
        clock = HandClock()
        progress = ProgressLog(clock, every=10.0)
        with capture_logs() as logs:
            for _ in range(4):
                clock.pass_(5)
                tally = Counter({CREATED: 60, UPDATED: 40})
                progress.batch_done(batch(100, ClosedBy.COUNT), Written({}, tally=tally), 0.5)

        first, second = logs
        assert _without_level(first) == {
            "event": "progress",
            "records": 200,
            "total": 200,
            "per_second": 20.0,
            "batches": 2,
            "records_per_batch": 100,
            "seconds_per_batch": 0.5,
            "closed_by": {"count": 2},
            "outcomes": {"created": 120, "updated": 80},
        }
        assert (second["records"], second["total"]) == (200, 400)

    def test_outcomes_are_told_by_their_names(self) -> None:
        clock = HandClock()
        progress = ProgressLog(clock, every=10.0)
        with capture_logs() as logs:
            clock.pass_(10)
            tally = Counter({Outcome(Kind.DEAD_LETTERED, Category.VALIDATION): 5})
            progress.batch_done(batch(5, ClosedBy.COUNT), Written({}, tally=tally), 0.5)
        assert repr(logs[0]["outcomes"]) == "{'validation': 5}"

    def test_between_lines_nothing_is_said(self) -> None:
        clock = HandClock()
        progress = ProgressLog(clock, every=10.0)
        with capture_logs() as logs:
            for _ in range(9):
                clock.pass_(1)
                progress.batch_done(batch(1, ClosedBy.AGE), Written({}, tally=Counter({CREATED: 1})), 0.1)
            progress.waiting("the database is away")

        assert logs == []


def _without_level(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in {"log_level", "level"}}


class TestPlainLines:
    def test_a_line_every_few_seconds_with_rate_and_time_left(self) -> None:
        clock, stream = HandClock(), io.StringIO()
        with track(20_000, "consuming", stream=stream, clock=clock) as work:
            for _ in range(4):
                clock.pass_(LINE_SECONDS / 2)
                work.advance(2_500)

        assert stream.getvalue().splitlines() == [
            "consuming: 5,000 of 20,000, 1,000/s, 15 s left",
            "consuming: 10,000 of 20,000, 1,000/s, 10 s left",
            "consuming: 10,000 of 20,000, 1,000/s, 10 s left",
        ]

    def test_short_work_says_only_how_it_ended(self) -> None:
        clock, stream = HandClock(), io.StringIO()
        with track(3, "checking", stream=stream, clock=clock) as work:
            clock.pass_(1)
            work.advance(3)

        assert stream.getvalue() == "checking: 3 of 3, 3/s\n"

    def test_the_end_may_not_be_known(self) -> None:
        clock, stream = HandClock(), io.StringIO()
        with track(None, "reading", stream=stream, clock=clock) as work:
            clock.pass_(LINE_SECONDS)
            work.advance(10)
            work.update(description="writing")

        assert stream.getvalue().splitlines() == ["reading: 10, 2/s", "writing: 10, 2/s"]

    def test_nothing_done_in_no_time_is_no_error(self) -> None:
        stream = io.StringIO()
        with track(0, "nothing", stream=stream, clock=HandClock()):
            pass

        assert stream.getvalue() == "nothing: 0 of 0, 0/s\n"

    @pytest.mark.parametrize(
        ("left", "shown"), [(59, "59 s"), (61, "1 min 01 s"), (3_599, "59 min 59 s"), (3_725, "1 h 02 min")]
    )
    def test_time_left_is_readable(self, left: int, shown: str) -> None:
        clock, stream = HandClock(), io.StringIO()
        with track(left + 10, "long", stream=stream, clock=clock) as work:
            clock.pass_(10)
            work.advance(10)

        assert stream.getvalue().splitlines()[0].endswith(f", 1/s, {shown} left")


def test_on_a_terminal_there_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    with track(200, "reading", stream=terminal) as work:
        work.update(description="consuming")
        work.advance(150)
        work.advance(50)

    assert "consuming" in terminal.getvalue()
    assert "200 of 200" in terminal.getvalue()
