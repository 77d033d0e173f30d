"""Log lines as they come out of a process."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider

from consumer.telemetry.logging import configure_logging

log = structlog.get_logger("consumer.test")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Logging is the whole process's: leave it as it was found."""
    root, ours = logging.getLogger(), logging.getLogger("consumer")
    before = root.handlers[:], root.level, ours.level, structlog.get_config()
    yield
    root.handlers, root.level = before[0], before[1]
    ours.setLevel(before[2])
    structlog.configure(**before[3])


Capture = pytest.CaptureFixture[str]


def lines(capsys: Capture) -> list[dict[str, Any]]:
    """What was written to stderr, which is no terminal."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fail(*_: object) -> None:
    raise KeyError("no such memory")


def test_off_a_terminal_a_line_is_a_json_object(capsys: Capture) -> None:
    configure_logging()
    log.info("partition claimed", partition="memories[3]", epoch=4)

    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "message": "partition claimed",
        "partition": "memories[3]",
        "epoch": 4,
        "level": "info",
        "logger": "consumer.test",
    }


def test_text_can_be_asked_for(capsys: Capture) -> None:
    configure_logging(form="text")
    log.info("partition claimed", epoch=4)

    told = capsys.readouterr().err
    assert "partition claimed" in told
    assert "epoch=4" in told
    assert "\x1b" not in told, "colours are for terminals"


def test_results_and_logs_are_kept_apart(capsys: Capture) -> None:
    configure_logging(form="json")
    log.info("to stderr")

    assert capsys.readouterr().out == ""


def test_libraries_come_out_in_the_same_form_from_warning_on(capsys: Capture) -> None:
    configure_logging("debug")
    library = logging.getLogger("librdkafka")
    library.warning("broker %s is down", 1, extra={"broker": "kafka:9092"})
    library.info("nobody needs to know")

    (line,) = lines(capsys)
    assert (line["message"], line["logger"], line["level"]) == ("broker 1 is down", "librdkafka", "warning")
    assert line["broker"] == "kafka:9092"


def test_ours_come_from_the_level_asked_for(capsys: Capture) -> None:
    configure_logging("warning")
    log.info("no")
    logging.getLogger("consumer.other").info("no")
    log.warning("yes")

    assert [line["message"] for line in lines(capsys)] == ["yes"]


def test_an_exception_is_one_line_with_its_traceback(capsys: Capture) -> None:
    configure_logging()
    try:
        fail()
    except KeyError:
        log.exception("stopped")

    (line,) = lines(capsys)
    assert "KeyError: 'no such memory'" in line["exception"]


def test_text_never_shows_the_values_of_variables(capsys: Capture) -> None:
    configure_logging(form="text")
    memory = "what somebody " + "lived through"
    try:
        fail(memory)
    except KeyError:
        log.exception("stopped")

    told = capsys.readouterr().err
    assert "Traceback" in told
    assert memory not in told


def test_configuring_twice_does_not_say_everything_twice(capsys: Capture) -> None:
    configure_logging(form="text")
    configure_logging(form="json")
    log.info("once")

    assert [line["message"] for line in lines(capsys)] == ["once"]


def test_a_line_inside_a_span_names_it(capsys: Capture) -> None:
    configure_logging()
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("process") as span:
        log.info("inside")
        logging.getLogger("library").warning("inside")
    log.info("outside")

    ours, library, outside = lines(capsys)
    context = span.get_span_context()
    assert ours["trace_id"] == library["trace_id"] == f"{context.trace_id:032x}"
    assert ours["span_id"] == f"{context.span_id:016x}"
    assert "trace_id" not in outside


def test_a_line_goes_where_stderr_is_when_it_is_written(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    configure_logging(form="json")
    later = io.StringIO()
    monkeypatch.setattr(sys, "stderr", later)
    log.info("later")

    assert capsys.readouterr().err == ""
    assert "later" in later.getvalue()
