"""Options for files in an old form, and how their lines are read."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from consumer.memory.field_errors import FieldErrors
    from consumer.memory.legacy import Converted, Known


class OldForm(StrEnum):
    """The names of the old forms, here so that `--help` need not load them."""

    V0 = "v0"
    V1 = "v1"
    ROW = "row"


def _moment(text: str) -> datetime:
    from consumer.memory.moments import from_iso, from_micros

    try:
        return from_micros(from_iso(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a date and time with its zone, as 2025-06-01T09:30:00Z") from error


From = Annotated[OldForm | None, typer.Option("--from", help="The old form that the lines have.")]
Owner = Annotated[
    str | None,
    typer.Option("--owner", metavar="ID", help="Whose the memories are that name no owner in their old form."),
]
OccurredAt = Annotated[
    datetime | None,
    typer.Option(
        "--occurred-at", metavar="MOMENT", parser=_moment, help="When those happened that have no time in theirs."
    ),
]


def known(owner: str | None, occurred_at: datetime | None) -> "Known":
    """What the options say of records that do not say it themselves."""
    from consumer.memory.legacy import Known

    return Known(owner, occurred_at, "--owner", "--occurred-at")


def reader(form: OldForm, known: "Known") -> "Callable[[bytes], Converted | FieldErrors]":
    """Reads lines of that form."""
    from functools import partial

    from consumer.memory.legacy import FORMS, to_current

    return partial(to_current, FORMS[form], known=known)
