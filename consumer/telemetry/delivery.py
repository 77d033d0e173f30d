"""Says once that spans can't be delivered, and once that they can again."""

from collections.abc import Sequence

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

log = structlog.get_logger(__name__)


class SpansDelivered(SpanExporter):
    """An exporter, and an eye on it. Called by the SDK's own thread: what it does never holds the loop up."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_away = False
        self._lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Deliver the spans, or lose them."""
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._delivered()
        else:
            self._failed(len(spans))
        return result

    def shutdown(self) -> None:
        """Deliver no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what is held back."""
        return self._exporter.force_flush(timeout_millis)

    def _delivered(self) -> None:
        if self._is_away:
            log.info("traces are delivered again", spans_lost=self._lost)
        self._is_away, self._lost = False, 0

    def _failed(self, spans: int) -> None:
        if not self._is_away:
            log.warning(
                "traces can't be delivered; the work goes on without", advice="Look at OTEL_EXPORTER_OTLP_ENDPOINT."
            )
        self._is_away = True
        self._lost += spans
