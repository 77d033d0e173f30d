"""What is said of spans that can't be delivered."""

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from consumer.telemetry.delivery import SpansDelivered

SPANS = [ReadableSpan("one"), ReadableSpan("two")]


class Scripted(SpanExporter):
    """An exporter whose answers are known beforehand."""

    def __init__(self, *results: SpanExportResult) -> None:
        self._results = iter(results)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return next(self._results)


def test_going_and_coming_back_are_said_once_each_with_what_was_lost() -> None:
    results = [SpanExportResult.SUCCESS, *[SpanExportResult.FAILURE] * 3, *[SpanExportResult.SUCCESS] * 2]
    exporter = SpansDelivered(Scripted(*results))
    with capture_logs() as logs:
        assert [exporter.export(SPANS) for _ in results] == results

    away, back = logs
    assert away["event"].startswith("traces can't be delivered")
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in away["advice"]
    assert (back["event"], back["spans_lost"]) == ("traces are delivered again", 6)
