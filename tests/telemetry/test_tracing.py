"""The spans of a batch, as the SDK would export them."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

from consumer.effects import Effects
from consumer.errors import Transient
from consumer.records import Batch, ClosedBy, Record, TopicPartition, Written
from consumer.telemetry import tracing
from consumer.telemetry.tracing import commit_span, current_traceparent, poll_span, process_span, send_span, step

LINKS_AT_MOST = 3
DEPRECATED = {
    "messaging.kafka.consumer.group",
    "messaging.kafka.destination.partition",
    "messaging.kafka.message.offset",
    "messaging.operation",
    "messaging.client_id",
}


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(span_limits=SpanLimits(max_links=LINKS_AT_MOST), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.configure(provider, group="readers", client_id="reader-1", links_at_most=LINKS_AT_MOST)
    yield exporter
    tracing.switch_off()


def batch(*records: Record) -> Batch:
    return Batch(list(records), ClosedBy.AGE)


def record(topic: str = "memories", partition: int = 0, origin: int | None = None) -> Record:
    headers = [] if origin is None else [("traceparent", f"00-{origin:032x}-{origin:016x}-01".encode())]
    return Record(TopicPartition(topic, partition), 7, b"k", b"v", headers, 0)


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exporter.get_finished_spans()
    return span


def test_a_batch_leaves_the_spans_of_the_conventions(exported: InMemorySpanExporter) -> None:
    read = batch(record(), record())
    with poll_span() as poll:
        assert poll.of(read) is read
    with process_span(read):
        with step("decode"):
            pass
        with step("write"), send_span("memories-dlq", 1):
            pass
        with commit_span(read.next_offsets()):
            pass

    spans = {span.name: span for span in exported.get_finished_spans()}
    assert {name: span.kind for name, span in spans.items()} == {
        "poll memories": SpanKind.CLIENT,
        "decode": SpanKind.INTERNAL,
        "write": SpanKind.INTERNAL,
        "send memories-dlq": SpanKind.PRODUCER,
        "commit memories": SpanKind.CLIENT,
        "process memories": SpanKind.CONSUMER,
    }
    process = spans["process memories"].context
    assert process is not None
    parents = {name: span.parent and span.parent.span_id for name, span in spans.items()}
    assert parents["decode"] == parents["write"] == parents["commit memories"] == process.span_id
    assert parents["poll memories"] is parents["process memories"] is None
    assert not DEPRECATED & {key for span in spans.values() for key in span.attributes or {}}


def test_process_says_whose_batch_it_is(exported: InMemorySpanExporter) -> None:
    with process_span(batch(record(partition=3), record(partition=3))):
        pass

    assert dict(only(exported).attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.batch.message_count": 2,
        "messaging.client.id": "reader-1",
        "messaging.consumer.group.name": "readers",
        "messaging.destination.name": "memories",
        "messaging.destination.partition.id": "3",
    }


def test_a_commit_settles(exported: InMemorySpanExporter) -> None:
    with commit_span({TopicPartition("memories", 0): 5, TopicPartition("memories", 1): 9}):
        pass

    attributes = only(exported).attributes or {}
    assert attributes["messaging.operation.type"] == "settle"
    assert "messaging.destination.partition.id" not in attributes


def test_a_dead_letter_is_sent_by_no_group(exported: InMemorySpanExporter) -> None:
    with send_span("memories-dlq", 4):
        pass

    attributes = only(exported).attributes or {}
    assert attributes["messaging.operation.type"] == "send"
    assert attributes["messaging.destination.name"] == "memories-dlq"
    assert attributes["messaging.batch.message_count"] == 4
    assert "messaging.consumer.group.name" not in attributes


def test_a_batch_of_several_topics_has_no_single_destination(exported: InMemorySpanExporter) -> None:
    with process_span(batch(record("a"), record("b"))):
        pass

    assert only(exported).name == "process"
    assert "messaging.destination.name" not in (only(exported).attributes or {})


def test_a_poll_that_brought_nothing_leaves_no_span(exported: InMemorySpanExporter) -> None:
    with poll_span() as poll:
        assert poll.of(None) is None

    assert exported.get_finished_spans() == ()


def test_a_poll_says_what_it_brought_and_why_it_ended(exported: InMemorySpanExporter) -> None:
    with poll_span() as poll:
        poll.of(batch(record(), record(partition=1)))

    span = only(exported)
    assert span.attributes is not None
    assert span.attributes["messaging.operation.type"] == "receive"
    assert span.attributes["messaging.batch.message_count"] == 2
    assert span.attributes["memory_consumer.batch.closed_by"] == "age"
    assert span.start_time is not None and span.end_time is not None
    assert span.start_time <= span.end_time


def test_what_a_batch_came_to_is_on_its_span(exported: InMemorySpanExporter) -> None:
    written = Written({}, effects=Effects(records=3, duplicates=2))
    with process_span(batch(record())) as process:
        assert process.of(written) is written
    attributes = only(exported).attributes or {}
    assert attributes["memory_consumer.effects.duplicates"] == 2
    assert attributes["memory_consumer.effects.candidates"] == 0


def test_a_poll_that_failed_leaves_a_span_with_the_error(exported: InMemorySpanExporter) -> None:
    with pytest.raises(Transient), poll_span():
        raise Transient("the broker is away")

    assert only(exported).name == "poll"
    assert only(exported).status.status_code is StatusCode.ERROR


def test_a_batch_is_linked_once_to_each_context_it_came_from(exported: InMemorySpanExporter) -> None:
    with process_span(batch(record(origin=1), record(origin=2), record(), record(origin=1))):
        pass

    span = only(exported)
    assert [link.context.trace_id for link in span.links] == [1, 2]
    assert "memory_consumer.links_left_out" not in (span.attributes or {})


def test_links_past_the_limit_are_counted(exported: InMemorySpanExporter) -> None:
    with process_span(batch(*(record(origin=n) for n in range(1, 6)))):
        pass

    span = only(exported)
    assert len(span.links) == LINKS_AT_MOST
    assert (span.attributes or {})["memory_consumer.links_left_out"] == 2


def test_an_error_is_written_on_every_span_it_leaves(exported: InMemorySpanExporter) -> None:
    with pytest.raises(Transient), process_span(batch(record())), step("write"):
        raise Transient("the database is away")

    write, process = exported.get_finished_spans()
    for span in (write, process):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "the database is away"
        assert (span.attributes or {})["error.type"] == "consumer.errors.Transient"
        assert [event.name for event in span.events] == ["exception"]


def test_the_current_traceparent_is_that_of_the_innermost_span(exported: InMemorySpanExporter) -> None:
    assert current_traceparent() is None
    with process_span(batch(record())), step("write"):
        told = current_traceparent()
    assert current_traceparent() is None

    context = exported.get_finished_spans()[0].context
    assert context is not None
    assert told == f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def test_what_is_sampled_out_is_passed_on_as_such() -> None:
    tracing.configure(TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False), group="g", client_id="c")
    try:
        with process_span(batch(record(origin=1))), step("write"):
            told = current_traceparent()
    finally:
        tracing.switch_off()

    assert told is not None
    assert not int(told[-2:], 16) & 1


def test_untraced_work_is_left_alone() -> None:
    tracing.switch_off()
    read = batch(record(origin=1))
    with poll_span() as poll:
        assert poll.of(read) is read
        assert poll.of(None) is None
    with process_span(read), step("decode"), commit_span(read.next_offsets()), send_span("t", 1):
        assert current_traceparent() is None
    with pytest.raises(Transient), step("write"):
        raise Transient("passes through")
