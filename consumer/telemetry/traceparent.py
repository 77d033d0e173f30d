"""The W3C trace context in a record's headers. Pure. https://www.w3.org/TR/trace-context/"""

import re
from collections.abc import Iterable

from opentelemetry.trace import SpanContext, TraceFlags

from consumer.records import Record

HEADER = "traceparent"

_FORM = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_LONGEST = 512


def creation_contexts(records: Iterable[Record]) -> list[SpanContext]:
    """The distinct contexts in which the records were created, in the order in which they first appear.

    A header that is not a valid traceparent counts as none.
    """
    values = dict.fromkeys(
        value for record in records for name, value in record.headers if name == HEADER and value is not None
    )
    return [context for context in map(parse, values) if context is not None]


def parse(value: bytes) -> SpanContext | None:
    """The span that a traceparent names, or None where it names none."""
    if len(value) > _LONGEST or (match := _FORM.fullmatch(value)) is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == b"ff" or (version == b"00" and more is not None):
        return None
    context = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return context if context.is_valid else None


def spell(context: SpanContext) -> str:
    """The traceparent of a span."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
