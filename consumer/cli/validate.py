"""`validate`: every field error and every warning of a file of events, without a broker or a database."""

from pathlib import Path
from typing import Annotated

import typer

from consumer.cli.assessments import Assessments
from consumer.cli.checking import valid_events
from consumer.cli.commands import FAILED
from consumer.cli.findings import Findings
from consumer.cli.lines import LONGEST_LINE_BYTES, EventFile, LongestLine
from consumer.cli.numbers import counted, verb
from consumer.cli.options import Json
from consumer.cli.output import show_json

MaxErrors = Annotated[int, typer.Option(min=1, max=100_000, help="How many errors to print, at most.")]
MaxRecords = Annotated[
    int,
    typer.Option(
        min=0, max=1_000_000, help="How many records to print with quality and warnings, at most; of all in JSON."
    ),
]


def validate(
    *,
    file: EventFile,
    max_errors: MaxErrors = 100,
    max_records: MaxRecords = 100,
    max_line_bytes: LongestLine = LONGEST_LINE_BYTES,
    as_json: Json = False,
) -> None:
    """Check a file of events, line by line, and print every field error. Exit 0 when all are valid, 1 when not.

    Of valid records, what is doubtful is told, and how good they are: 0 to 1. Warnings are no errors. The file is
    streamed, however large it is. Blank lines are skipped; a file without a record is valid.
    """
    findings, assessments = Findings(max_errors), Assessments(max_records)
    for event in valid_events(file, findings, max_line_bytes, doing="Validating", skip_invalid=True):
        assessments.add(findings.line, event)
    if as_json:
        counts = {"records": findings.records, "valid": findings.valid, "invalid": findings.invalid}
        errors = {"error_count": findings.errors, "errors": findings.as_json()}
        show_json({"file": str(file), **counts, **errors, **assessments.as_json()})
    else:
        if findings.invalid:
            findings.show()
        if assessments.with_warnings:
            assessments.show()
        typer.echo(_summary(file, findings, assessments))
    if findings.invalid:
        raise typer.Exit(FAILED)


def _summary(file: Path, findings: Findings, assessments: Assessments) -> str:
    if not findings.records:
        return f"{file} holds no records."
    records, errors = counted(findings.records, "record"), counted(findings.errors, "error")
    told = f"All {records} are valid." if findings.records > 1 else "The record is valid."
    if findings.invalid:
        told = f"{findings.invalid:,} of {records} {verb(findings.invalid)} invalid, with {errors}."
    if assessments.mean is None:
        return told
    return f"{told} Mean quality {assessments.mean:.2f}; {assessments.with_warnings:,} with warnings."
