"""`transform`: records of an old form into events, and back."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TextIO

import typer

from consumer.cli.checking import valid_records
from consumer.cli.commands import FAILED
from consumer.cli.findings import Findings
from consumer.cli.legacy import From, OccurredAt, OldForm, Owner, known, reader
from consumer.cli.lines import LONGEST_LINE_BYTES, EventFile, LongestLine
from consumer.cli.numbers import counted
from consumer.cli.options import Json
from consumer.cli.output import say, show_json

if TYPE_CHECKING:
    from consumer.memory.field_errors import FieldErrors
    from consumer.memory.legacy import Known, Remark

To = Annotated[OldForm | None, typer.Option("--to", help="Convert events back into this old form instead.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this file instead of to stdout.")]
SkipInvalid = Annotated[bool, typer.Option("--skip-invalid", help="Leave refused lines out instead of stopping.")]
MaxErrors = Annotated[int, typer.Option(min=1, max=100_000, help="How many errors to print, at most.")]


@dataclass(slots=True, frozen=True)
class Transformed:
    """A line as it is written, without its end."""

    text: str
    remarks: "Sequence[Remark]" = ()


def transform(
    *,
    file: EventFile,
    old_form: From = None,
    to: To = None,
    out: Out = None,
    owner: Owner = None,
    occurred_at: OccurredAt = None,
    skip_invalid: SkipInvalid = False,
    max_errors: MaxErrors = 100,
    max_line_bytes: LongestLine = LONGEST_LINE_BYTES,
    as_json: Json = False,
) -> None:
    """Convert a file of records in an old form into events; or back, with --to, where nothing is lost.

    Stops at the first line that is refused. What is said of the lines goes to stderr, with --out to stdout.
    Exit 0 when every line was converted, 1 when not.
    """
    convert = _converter(old_form, to, known(owner, occurred_at))
    findings, warnings = Findings(max_errors), Counter[str]()
    with _opened(out, file) as stream:
        for line in valid_records(
            file, convert, findings, max_line_bytes, doing="Converting", skip_invalid=skip_invalid
        ):
            stream.write(line.text.encode("utf-8", "backslashreplace") + b"\n")
            warnings.update(remark.code for remark in line.remarks)
    report = sys.stderr if out is None else sys.stdout
    if as_json:
        show_json({"file": str(file), **_counts(findings, warnings)}, report)
    else:
        _show(findings, warnings, report, skip_invalid=skip_invalid)
    if findings.invalid:
        raise typer.Exit(FAILED)


def _converter(
    old_form: OldForm | None, to: OldForm | None, known: "Known"
) -> "Callable[[bytes], Transformed | FieldErrors]":
    if old_form is not None and to is None:
        return _forward(old_form, known)
    if to is not None and old_form is None:
        return _backward(to, known)
    raise typer.BadParameter("say either --from, the form of the lines, or --to, the form to go back to")


def _forward(form: OldForm, known: "Known") -> "Callable[[bytes], Transformed | FieldErrors]":
    from consumer.memory.json_form import write_event

    read = reader(form, known)

    def convert(line: bytes) -> "Transformed | FieldErrors":
        converted = read(line)
        if isinstance(converted, tuple):
            return converted
        return Transformed(write_event(converted.event), converted.remarks)

    return convert


def _backward(form: OldForm, known: "Known") -> "Callable[[bytes], Transformed | FieldErrors]":
    from consumer.memory.json_form import read_event
    from consumer.memory.legacy import FORMS, to_old

    def convert(line: bytes) -> "Transformed | FieldErrors":
        event = read_event(line)
        record = event if isinstance(event, tuple) else to_old(FORMS[form], event, known)
        if isinstance(record, tuple):
            return record
        return Transformed(json.dumps(record, ensure_ascii=False, separators=(",", ":")))

    return convert


@contextmanager
def _opened(out: Path | None, file: Path) -> Iterator[BinaryIO]:
    """Where the converted lines go."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    if out.exists() and file.exists() and out.samefile(file):
        raise typer.BadParameter(f"--out {out} is the file that is read: name another")
    try:
        stream = out.open("wb")
    except OSError as error:
        raise typer.BadParameter(f"--out {out} can't be written: {error.strerror}") from error
    with stream:
        yield stream


def _counts(findings: Findings, warnings: Mapping[str, int]) -> dict[str, object]:
    return {
        "records": findings.records,
        "converted": findings.valid,
        "refused": findings.invalid,
        "warnings": dict(sorted(warnings.items())),
        "error_count": findings.errors,
        "errors": findings.as_json(),
    }


def _show(findings: Findings, warnings: Mapping[str, int], stream: TextIO, *, skip_invalid: bool) -> None:
    if findings.invalid:
        findings.show(stream)
    told = f"{counted(findings.valid, 'record')} converted"
    if findings.invalid:
        told += f", {findings.invalid:,} refused, with {counted(findings.errors, 'error')}"
    typer.echo(told + ".", file=stream)
    if warnings:
        kinds = ", ".join(f"{code} {count:,}" for code, count in sorted(warnings.items()))
        typer.echo(f"Warnings: {kinds}.", file=stream)
    if findings.invalid and not skip_invalid:
        say("Stopped at the first refused line. To leave such out: --skip-invalid")
