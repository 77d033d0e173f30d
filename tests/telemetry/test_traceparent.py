"""Reading W3C trace contexts out of headers."""

import pytest
from opentelemetry.trace import SpanContext

from consumer.records import Headers, Record, TopicPartition
from consumer.telemetry.traceparent import creation_contexts, parse, spell

VALID = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def record(*headers: tuple[str, bytes | None]) -> Record:
    source: Headers = headers
    return Record(TopicPartition("t", 0), 0, None, None, source, -1)


def test_a_traceparent_names_a_remote_span() -> None:
    context = parse(VALID)

    assert context is not None
    assert context.trace_id == 0x4BF92F3577B34DA6A3CE929D0E0E4736
    assert context.span_id == 0x00F067AA0BA902B7
    assert context.is_remote
    assert context.trace_flags.sampled


def test_what_is_parsed_is_spelt_the_same() -> None:
    context = parse(VALID)

    assert context is not None
    assert spell(context) == VALID.decode()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(VALID[:-1], id="cut short"),
        pytest.param(VALID.upper(), id="upper case"),
        pytest.param(b"ff" + VALID[2:], id="version ff"),
        pytest.param(VALID + b"-more", id="more than version 00 has"),
        pytest.param(VALID + b"\n", id="a line end"),
        pytest.param(b"00-" + b"0" * 32 + VALID[35:], id="no trace"),
        pytest.param(VALID[:36] + b"0" * 16 + b"-01", id="no span"),
        pytest.param(b"cc" + VALID[2:] + b"-" + b"x" * 500, id="too long"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
    ],
)
def test_anything_else_names_no_span(value: bytes) -> None:
    assert parse(value) is None


def test_a_later_version_may_carry_more() -> None:
    context = parse(b"cc" + VALID[2:] + b"-what-the-future-brings")

    assert context is not None
    assert context.span_id == 0x00F067AA0BA902B7


def test_contexts_are_told_once_each_in_the_order_in_which_they_appear() -> None:
    other = VALID.replace(b"00f067aa0ba902b7", b"00000000000000aa")
    records = [
        record(("traceparent", other)),
        record(("traceparent", VALID), ("else", b"1")),
        record(("traceparent", None)),
        record(("traceparent", b"nonsense")),
        record(),
        record(("traceparent", other)),
    ]

    assert [context.span_id for context in creation_contexts(records)] == [0xAA, 0x00F067AA0BA902B7]
    assert all(isinstance(context, SpanContext) for context in creation_contexts(records))
