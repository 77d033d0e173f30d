"""The spans around the loop, each in one `with`.

They follow OpenTelemetry's conventions for messaging, version 1.44: `poll T`, `process T`, `commit T`, `send T-dlq`,
and inside `process` one span for each stage. A batch is processed in a trace of its own, with a link to every context
in which one of its records was created. A batch out of several topics has no single destination: its spans are named
by the operation alone and carry no `messaging.destination.name`, as the conventions ask.

Until `configure` is called everything here does nothing, at the price of a function call.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, Tracer, TracerProvider
from opentelemetry.util.types import AttributeValue

from consumer.records import Batch, TopicPartition, Written
from consumer.telemetry.traceparent import creation_contexts, spell

LINKS_AT_MOST = 1_000
"""Links of one span. Each costs time, and bytes on the wire."""

_CONVENTIONS = "https://opentelemetry.io/schemas/1.44.0"


class Process(Protocol):
    """A batch that is being processed."""

    def of(self, written: Written) -> Written:
        """Tell what was written; gives it back."""


class Poll(Protocol):
    """A poll under way."""

    def of(self, batch: Batch | None) -> Batch | None:
        """Tell what the poll brought; gives it back."""


def configure(provider: TracerProvider, *, group: str, client_id: str, links_at_most: int = LINKS_AT_MOST) -> None:
    """Trace from now on. `group` and `client_id` name this consumer; links past `links_at_most` are left out."""
    global _tracing  # noqa: PLW0603 - a process is one consumer, and traced as a whole
    tracer = provider.get_tracer("memory-consumer", schema_url=_CONVENTIONS)
    _tracing = _Tracing(tracer, group, client_id, links_at_most)


def switch_off() -> None:
    """Trace no more."""
    global _tracing  # noqa: PLW0603 - see configure
    _tracing = None


def step(name: str) -> AbstractContextManager[object]:
    """A stage of the work: decode, dedup, write."""
    return _NOTHING if _tracing is None else _tracing.step(name)


def poll_span() -> AbstractContextManager[Poll]:
    """Around a poll. Tell it what came with `.of(batch)`: a poll that brought nothing leaves no span."""
    return _NO_POLL if _tracing is None else _Polling(_tracing)


def process_span(batch: Batch) -> AbstractContextManager[Process]:
    """Around all that is done with a batch. Tell it what was written with `.of(written)`, for its effects."""
    return _NO_PROCESS if _tracing is None else _tracing.process(batch)


def commit_span(next_offsets: Mapping[TopicPartition, int]) -> AbstractContextManager[object]:
    """Around the commit of offsets to Kafka."""
    return _NOTHING if _tracing is None else _tracing.commit(next_offsets.keys())


def send_span(topic: str, count: int) -> AbstractContextManager[object]:
    """Around sending `count` records to a topic, until they are acknowledged."""
    return _NOTHING if _tracing is None else _tracing.send(topic, count)


def current_traceparent() -> str | None:
    """The W3C traceparent of the span we are in; None outside of one."""
    context = trace.get_current_span().get_span_context()
    return spell(context) if context.is_valid else None


@dataclass(slots=True, frozen=True)
class _Tracing:
    """Opens spans for one consumer."""

    tracer: Tracer
    group: str
    client_id: str
    links_at_most: int

    def step(self, name: str) -> "_Open":
        return _Open(self.tracer.start_span(name))

    def process(self, batch: Batch) -> "_Processing":
        sources = {record.source for record in batch.records}
        attributes = self._consumer("process", "process", sources)
        attributes["messaging.batch.message_count"] = len(batch)
        span = self.tracer.start_span(_name("process", sources), kind=SpanKind.CONSUMER, attributes=attributes)
        if span.is_recording():
            self._link(span, creation_contexts(batch.records))
        return _Processing(span)

    def commit(self, sources: Collection[TopicPartition]) -> "_Open":
        attributes = self._consumer("commit", "settle", sources)
        return _Open(self.tracer.start_span(_name("commit", sources), kind=SpanKind.CLIENT, attributes=attributes))

    def send(self, topic: str, count: int) -> "_Open":
        attributes = self._client("send", "send")
        attributes["messaging.destination.name"] = topic
        attributes["messaging.batch.message_count"] = count
        return _Open(self.tracer.start_span(f"send {topic}", kind=SpanKind.PRODUCER, attributes=attributes))

    def polled(self, batch: Batch | None, started_ns: int) -> Span:
        """A span that began in the past: only afterwards is it known whether a poll is worth one."""
        sources = {record.source for record in batch.records} if batch else set()
        attributes = self._consumer("poll", "receive", sources)
        if batch:
            attributes["messaging.batch.message_count"] = len(batch)
            attributes["memory_consumer.batch.closed_by"] = batch.closed_by.value
        name = _name("poll", sources)
        return self.tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes, start_time=started_ns)

    def _link(self, span: Span, origins: Sequence[SpanContext]) -> None:
        """Afterwards, because reading the headers of a batch costs too much for a span that is sampled out."""
        for origin in origins[: self.links_at_most]:
            span.add_link(origin)
        if len(origins) > self.links_at_most:
            span.set_attribute("memory_consumer.links_left_out", len(origins) - self.links_at_most)

    def _consumer(self, name: str, kind: str, sources: Collection[TopicPartition]) -> dict[str, AttributeValue]:
        attributes = self._client(name, kind)
        attributes["messaging.consumer.group.name"] = self.group
        if topic := _only_topic(sources):
            attributes["messaging.destination.name"] = topic
        if len(sources) == 1:
            attributes["messaging.destination.partition.id"] = str(next(iter(sources)).partition)
        return attributes

    def _client(self, name: str, kind: str) -> dict[str, AttributeValue]:
        return {
            "messaging.system": "kafka",
            "messaging.operation.name": name,
            "messaging.operation.type": kind,
            "messaging.client.id": self.client_id,
        }


class _Open(AbstractContextManager[Span]):
    """A span, current while it is open; an exception that leaves it is written on it."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token = contexts.attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        contexts.detach(self._token)
        _end(self._span, error)


class _Processing:
    """A batch that is being traced."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._open = _Open(span)

    def __enter__(self) -> Self:
        self._open.__enter__()
        return self

    def of(self, written: Written) -> Written:
        if self._span.is_recording():
            for name, count in written.effects.counts().items():
                self._span.set_attribute(f"memory_consumer.effects.{name}", count)
        return written

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, traceback)


class _Polling:
    """A poll that is being traced."""

    def __init__(self, tracing: _Tracing) -> None:
        self._tracing = tracing
        self._batch: Batch | None = None

    def __enter__(self) -> Self:
        self._started_ns = time.time_ns()
        return self

    def of(self, batch: Batch | None) -> Batch | None:
        self._batch = batch
        return batch

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._batch or error:
            _end(self._tracing.polled(self._batch, self._started_ns), error)


class _UntracedPoll:
    """A poll that nobody wants to hear of."""

    def of(self, batch: Batch | None) -> Batch | None:
        return batch


class _UntracedProcess:
    """A batch that nobody wants to hear of."""

    def of(self, written: Written) -> Written:
        return written


_NOTHING = nullcontext()
_NO_PROCESS = nullcontext[Process](_UntracedProcess())
_NO_POLL = nullcontext[Poll](_UntracedPoll())
_tracing: _Tracing | None = None


def _end(span: Span, error: BaseException | None) -> None:
    if error is not None and span.is_recording():
        span.record_exception(error)
        span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
        span.set_status(Status(StatusCode.ERROR, str(error)))
    span.end()


def _name(operation: str, sources: Collection[TopicPartition]) -> str:
    topic = _only_topic(sources)
    return f"{operation} {topic}" if topic else operation


def _only_topic(sources: Collection[TopicPartition]) -> str | None:
    topics = {source.topic for source in sources}
    return topics.pop() if len(topics) == 1 else None
