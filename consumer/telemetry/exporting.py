"""Where the spans go: nowhere, unless OpenTelemetry's standard variables name a place.

| variable | does |
|---|---|
| `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | send spans there by OTLP over HTTP |
| `OTEL_TRACES_EXPORTER` | `otlp`, `console` (on stderr), `none`, or several with commas between |
| `OTEL_SDK_DISABLED` | `true`: nothing is traced |

The rest (headers, timeouts, sampler, resource, batching, limits) is read by the SDK itself. A provider that was
installed before us, such as that of `opentelemetry-instrument`, is used as it is.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
from typing import TYPE_CHECKING

import structlog
from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider

from consumer.telemetry import tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = structlog.get_logger(__name__)

CLOSING_SECONDS = 3.0
"""How long the last spans may take to be delivered when the consumer stops."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

_NOISY = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal")
"""Loggers that complain of every batch of spans that can't be delivered; `SpansDelivered` says it once instead."""


def start_tracing(
    *,
    service_name: str,
    group: str,
    client_id: str,
    links_at_most: int = tracing.LINKS_AT_MOST,
    closing_seconds: float = CLOSING_SECONDS,
) -> Callable[[], None]:
    """Trace if the environment asks for it. Returns what to call at the end: it takes at most `closing_seconds`.

    `OTEL_SERVICE_NAME` goes before `service_name`. Never raises: where the variables can't be used, it says so and
    nothing is traced.
    """
    provider = trace.get_tracer_provider()
    close: Callable[[], None] = tracing.switch_off
    if isinstance(provider, ProxyTracerProvider):
        built = _build(os.environ, service_name, links_at_most)
        if built is None:
            return close
        trace.set_tracer_provider(built)
        provider, close = built, lambda: _close(built, closing_seconds)
    tracing.configure(provider, group=group, client_id=client_id, links_at_most=links_limit(os.environ, links_at_most))
    return close


def exporters_wanted(environ: Mapping[str, str]) -> list[str]:
    """The exporters that the environment asks for, `otlp` and `console`; empty where spans are not wanted.

    Raises `ValueError` for what can't be had.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    named = list(dict.fromkeys(_words(environ.get("OTEL_TRACES_EXPORTER", ""))))
    if unknown := set(named) - {"otlp", "console", "none"}:
        raise ValueError(f"OTEL_TRACES_EXPORTER is {', '.join(sorted(unknown))}; here it can be otlp, console or none")
    if "none" in named:
        return []
    if not named and any(environ.get(name, "").strip() for name in _ENDPOINTS):
        named = ["otlp"]
    if "otlp" in named:
        _check_protocol(environ)
    return named


def links_limit(environ: Mapping[str, str], ours: int) -> int:
    """Links of one span: ours, because the SDK's own 128 would drop most of a batch, unless the variable says more
    or less."""
    limit = environ.get("OTEL_SPAN_LINK_COUNT_LIMIT", "").strip()
    return int(limit) if limit.isdecimal() else ours


def _check_protocol(environ: Mapping[str, str]) -> None:
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    asked = next((environ[name].strip() for name in names if environ.get(name, "").strip()), "http/protobuf")
    if asked != "http/protobuf":
        raise ValueError(f"{names[1]} is {asked}; spans are sent by http/protobuf only (usually to port 4318)")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _build(environ: Mapping[str, str], service_name: str, links_at_most: int) -> "TracerProvider | None":
    try:
        exporters = exporters_wanted(environ)
        return _provider(exporters, service_name, links_limit(environ, links_at_most)) if exporters else None
    except Exception as error:  # noqa: BLE001 - the SDK refuses a wrong variable with whatever comes to hand
        log.warning("nothing is traced: the OTEL_ variables can't be used", reason=str(error))
        return None


def _provider(exporters: Sequence[str], service_name: str, links_at_most: int) -> "TracerProvider":
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(
        resource=Resource.create({"service.name": service_name}).merge(OTELResourceDetector().detect()),
        span_limits=SpanLimits(max_links=links_at_most),
        shutdown_on_exit=False,
    )
    for name in exporters:
        provider.add_span_processor(BatchSpanProcessor(_exporter(name)))
    return provider


def _exporter(name: str) -> "SpanExporter":
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from consumer.telemetry.delivery import SpansDelivered

    exporter = OTLPSpanExporter()
    for logger in _NOISY:
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    return SpansDelivered(exporter)


def _close(provider: "TracerProvider", seconds: float) -> None:
    """The SDK would wait half a minute for a collector that hangs; what is not delivered by then is given up."""
    tracing.switch_off()
    closing = Thread(target=provider.shutdown, name="close-tracing", daemon=True)
    closing.start()
    closing.join(seconds)
