"""`validate`: every field error of a file of events, without a broker or a database."""

from pathlib import Path
from typing import Annotated

import typer

from consumer.cli.checking import valid_events
from consumer.cli.commands import FAILED
from consumer.cli.findings import Findings
from consumer.cli.lines import LONGEST_LINE_BYTES, EventFile, LongestLine
from consumer.cli.options import Json
from consumer.cli.output import show_json

MaxErrors = Annotated[int, typer.Option(min=1, max=100_000, help="How many errors to print, at most.")]


def validate(
    *,
    file: EventFile,
    max_errors: MaxErrors = 100,
    max_line_bytes: LongestLine = LONGEST_LINE_BYTES,
    as_json: Json = False,
) -> None:
    """Check a file of events, line by line, and print every field error. Exit 0 when all are valid, 1 when not.

    The file is streamed, however large it is. Blank lines are skipped; a file without a record is valid.
    """
    findings = Findings(max_errors)
    for _ in valid_events(file, findings, max_line_bytes, doing="Validating", skip_invalid=True):
        pass  # the findings are all that matters here
    if as_json:
        counts = {"records": findings.records, "valid": findings.valid, "invalid": findings.invalid}
        show_json({"file": str(file), **counts, "error_count": findings.errors, "errors": findings.as_json()})
    else:
        if findings.invalid:
            findings.show()
        typer.echo(_summary(file, findings))
    if findings.invalid:
        raise typer.Exit(FAILED)


def _summary(file: Path, findings: Findings) -> str:
    if not findings.records:
        return f"{file} holds no records."
    if not findings.invalid:
        return f"All {findings.records:,} records are valid."
    return f"{findings.invalid:,} of {findings.records:,} records are invalid, with {findings.errors:,} errors."
