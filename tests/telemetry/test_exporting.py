"""Where spans go, as the standard variables say. Whole runs get a process of their own: a provider is for good."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from consumer.devstack.loopback import HOST, free_port
from consumer.telemetry.exporting import exporters_wanted, links_limit
from tests.telemetry.collector import collector

BOUND = 60
"""Seconds within which a process has to end, or the test fails."""

TRACED_BATCH = """
import sys
from consumer.records import Batch, ClosedBy, Record, TopicPartition
from consumer.telemetry.exporting import start_tracing
from consumer.telemetry.tracing import process_span, step

close = start_tracing(
    service_name="memory-consumer", group="readers", client_id="reader-1", links_at_most=500, closing_seconds=CLOSING
)
origins = [f"00-{n:032x}-{n:016x}-01".encode() for n in range(1, 301)]
source = TopicPartition("memories", 0)
records = [Record(source, n, None, None, [("traceparent", origin)], 0) for n, origin in enumerate(origins)]
batch = Batch(records, ClosedBy.COUNT)
with process_span(batch), step("write"):
    pass
close()
print("sdk loaded" if "opentelemetry.sdk.trace" in sys.modules else "sdk not loaded")
"""


INSTALLED = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
"""


def run_traced_batch(
    closing: float = BOUND / 2, before: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """One traced batch, in a process whose only OTEL_ variables are these."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", before + TRACED_BATCH.replace("CLOSING", str(closing))],
        env=environ | variables,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=True,
    )


@pytest.fixture
def deaf() -> Iterator[str]:
    """An endpoint that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """An endpoint where nobody listens."""
    return f"http://{HOST}:{free_port()}"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ["otlp"]),
        ({"OTEL_TRACES_EXPORTER": "console, otlp,console"}, ["console", "otlp"]),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, []),
        ({"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, ["otlp"]),
    ],
)
def test_the_standard_variables_decide(environ: dict[str, str], wanted: list[str]) -> None:
    assert exporters_wanted(environ) == wanted


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_TRACES_EXPORTER": "zipkin"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"},
    ],
)
def test_what_cannot_be_had_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="OTEL_"):
        exporters_wanted(environ)


def test_the_limit_of_links_is_ours_unless_the_variable_gives_one() -> None:
    assert links_limit({}, 1_000) == 1_000
    assert links_limit({"OTEL_SPAN_LINK_COUNT_LIMIT": "64"}, 1_000) == 64
    assert links_limit({"OTEL_SPAN_LINK_COUNT_LIMIT": "many"}, 1_000) == 1_000


def test_spans_arrive_at_a_collector_with_all_their_links() -> None:
    with collector() as at:
        done = run_traced_batch(OTEL_EXPORTER_OTLP_ENDPOINT=at.endpoint)

        (received,) = at.received
    spans = {span.name: span for scope in received.scope_spans for span in scope.spans}
    assert set(spans) == {"process memories", "write"}
    assert len(spans["process memories"].links) == 300
    assert spans["write"].parent_span_id == spans["process memories"].span_id
    resource = {entry.key: entry.value.string_value for entry in received.resource.attributes}
    assert resource["service.name"] == "memory-consumer"
    assert {scope.schema_url for scope in received.scope_spans} == {"https://opentelemetry.io/schemas/1.44.0"}
    assert done.stderr == ""


def test_the_name_of_the_service_can_be_given_from_outside() -> None:
    with collector() as at:
        run_traced_batch(OTEL_EXPORTER_OTLP_ENDPOINT=at.endpoint, OTEL_SERVICE_NAME="memories-eu")

        (received,) = at.received
    resource = {entry.key: entry.value.string_value for entry in received.resource.attributes}
    assert resource["service.name"] == "memories-eu"


def test_with_nothing_asked_for_the_sdk_is_not_even_loaded() -> None:
    done = run_traced_batch()

    assert done.stdout == "sdk not loaded\n"
    assert done.stderr == ""


def test_a_wrong_variable_is_named_and_the_work_goes_on() -> None:
    done = run_traced_batch(OTEL_TRACES_EXPORTER="zipkin")

    assert "OTEL_TRACES_EXPORTER is zipkin" in done.stdout


def test_a_collector_that_is_down_is_mentioned_once(closed: str) -> None:
    done = run_traced_batch(OTEL_EXPORTER_OTLP_ENDPOINT=closed, OTEL_EXPORTER_OTLP_TIMEOUT="1")

    assert done.stdout.count("traces can't be delivered") == 1
    assert done.stderr == ""


def test_a_collector_that_never_answers_does_not_hold_up_the_end(deaf: str) -> None:
    done = run_traced_batch(0.3, OTEL_EXPORTER_OTLP_ENDPOINT=deaf, OTEL_EXPORTER_OTLP_TIMEOUT=str(2 * BOUND))

    assert done.stdout.endswith("sdk loaded\n"), "or it would not have ended within the bound"


def test_a_provider_that_is_there_already_is_used() -> None:
    done = run_traced_batch(before=INSTALLED)

    assert '"name": "process memories"' in done.stdout
    assert '"name": "write"' in done.stdout


def test_spans_can_be_seen_on_stderr() -> None:
    done = run_traced_batch(OTEL_TRACES_EXPORTER="console")

    assert '"name": "process memories"' in done.stderr
    assert done.stdout == "sdk loaded\n"
