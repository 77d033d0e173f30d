"""`produce`: events from a file to Kafka, in Avro."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from consumer.cli.checking import valid_records
from consumer.cli.commands import FAILED
from consumer.cli.findings import Findings
from consumer.cli.legacy import From, OccurredAt, OldForm, Owner, known, reader
from consumer.cli.lines import LONGEST_LINE_BYTES, EventFile, LongestLine
from consumer.cli.numbers import counted, verb
from consumer.cli.options import Assignments, BootstrapServers, ConfigFile, Json, load_settings
from consumer.cli.output import say, show_json

if TYPE_CHECKING:
    from consumer.memory.field_errors import FieldErrors
    from consumer.memory.legacy import Known
    from consumer.memory.model import MemoryEvent

MOST_ERRORS = 100

Topic = Annotated[str, typer.Option("--topic", "-t", metavar="T", help="The topic to publish to.")]
SkipInvalid = Annotated[bool, typer.Option("--skip-invalid", help="Leave invalid lines out instead of stopping.")]


class Delivery(NamedTuple):
    """What became of the events that were sent. `failures` says why, of the first few."""

    acknowledged: int
    failed: int
    failures: Sequence[str]


def produce(
    *,
    file: EventFile,
    topic: Topic,
    old_form: From = None,
    owner: Owner = None,
    occurred_at: OccurredAt = None,
    skip_invalid: SkipInvalid = False,
    bootstrap_servers: BootstrapServers = None,
    max_line_bytes: LongestLine = LONGEST_LINE_BYTES,
    config: ConfigFile = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Publish a file of events: JSON in, Avro out, each under its memory's id. With --from, of records in an old form.

    Stops at the first invalid line: nothing from there on is published. Exit 0 when every line was published and
    acknowledged, 1 when not.
    """
    from consumer import app as root

    settings = load_settings(config, assignments, kafka_bootstrap_servers=bootstrap_servers).settings
    publisher = root.publisher(settings.kafka, topic)
    publisher.check()
    findings = Findings(MOST_ERRORS)
    read = _reader(old_form, known(owner, occurred_at))
    for event in valid_records(file, read, findings, max_line_bytes, doing="Publishing", skip_invalid=skip_invalid):
        publisher.publish(event)
    delivery = Delivery(publisher.flush(), publisher.failed, publisher.failures)
    if as_json:
        errors = {"invalid": findings.invalid, "errors": findings.as_json()}
        show_json({"topic": topic, **delivery._asdict(), **errors})
    else:
        _report(topic, findings, delivery, skip_invalid=skip_invalid)
    if findings.invalid or delivery.failed:
        raise typer.Exit(FAILED)


def _reader(old_form: OldForm | None, known: "Known") -> "Callable[[bytes], MemoryEvent | FieldErrors]":
    from consumer.memory.json_form import read_event

    if old_form is None:
        return read_event
    read = reader(old_form, known)

    def event_of(line: bytes) -> "MemoryEvent | FieldErrors":
        converted = read(line)
        return converted if isinstance(converted, tuple) else converted.event

    return event_of


def _report(topic: str, findings: Findings, delivery: Delivery, *, skip_invalid: bool) -> None:
    if findings.invalid:
        findings.show()
    typer.echo(f"{counted(delivery.acknowledged, 'event')} published to {topic} and acknowledged.")
    if findings.invalid and skip_invalid:
        say(f"{counted(findings.invalid, 'invalid line')} {verb(findings.invalid, 'was', 'were')} left out.")
    elif findings.invalid:
        say("Stopped at the first invalid line: nothing from there on was published. To leave such out: --skip-invalid")
    if delivery.failed:
        events = f"{counted(delivery.failed, 'event')} {verb(delivery.failed, 'was', 'were')}"
        say(f"{events} not acknowledged: {'; '.join(delivery.failures)}")
