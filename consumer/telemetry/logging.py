"""Logs: one form for our own and for those of libraries, on stderr, because results are on stdout.

Ours are said from the level asked for; libraries speak up from WARNING on. A line written inside a recorded span
carries its `trace_id` and `span_id`.
"""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Literal, TextIO

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

Form = Literal["auto", "json", "text"]


def configure_logging(level: str = "info", form: Form = "auto") -> None:
    """Set logging up for the whole process; a later call replaces an earlier one.

    `level` is debug, info, warning or error. `auto` is text on a terminal and JSON, one object a line, elsewhere.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    is_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    shared = [*_SHARED, _timestamps(is_json=is_json)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _StderrHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_as_json() if is_json else _as_text()),
            ],
        )
    )
    _install(handler)
    logging.getLogger().setLevel(max(number, logging.WARNING))
    logging.getLogger("consumer").setLevel(number)


def add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Name the span that the line was written in, if it is recorded: one that is not is nowhere to be found."""
    span = trace.get_current_span()
    if span.is_recording():
        context = span.get_span_context()
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


_SHARED: Sequence[Processor] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    add_trace,
    structlog.processors.StackInfoRenderer(),
)


def _timestamps(*, is_json: bool) -> Processor:
    """Moments for programs; the time on the wall for somebody at a terminal."""
    return structlog.processors.TimeStamper(fmt="iso" if is_json else "%H:%M:%S", utc=is_json)


def _message_first(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The order in which people read; `message` is what collectors of logs call it."""
    first = ("timestamp", "level", "logger")
    return {**{name: event.pop(name) for name in first if name in event}, "message": event.pop("event"), **event}


def _as_json() -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        _message_first,
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
    ]


def _as_text() -> list[Processor]:
    """Tracebacks are plain: richer ones print the values of variables, and those are people's memories."""
    has_colours = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    return [
        structlog.dev.ConsoleRenderer(
            colors=has_colours, pad_event_to=0, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )
    ]


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what is `sys.stderr` at that moment: a progress bar puts itself there, to stay below the lines."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Where the next line goes."""
        return sys.stderr


def _install(handler: logging.Handler) -> None:
    root = logging.getLogger()
    for earlier in root.handlers[:]:
        if isinstance(earlier, _StderrHandler):
            root.removeHandler(earlier)
    root.addHandler(handler)
