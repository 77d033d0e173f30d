"""What can't be taken back: agreed to first, and done in somebody's name."""

import getpass
import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from consumer.moves import Author


@dataclass(slots=True, frozen=True)
class Consent:
    """Whether to ask before anything is done, and whether to do it at all."""

    is_given: bool
    is_rehearsal: bool

    def check(self) -> None:
        """Raises `typer.BadParameter` where a question would find nobody."""
        if not (self.is_given or self.is_rehearsal or sys.stdin.isatty()):
            raise typer.BadParameter("needed where nobody can be asked; --dry-run shows the plan", param_hint="--yes")

    def is_had(self, question: str) -> bool:
        """Ask, where the answer is not known."""
        return not self.is_rehearsal and (self.is_given or typer.confirm(question, err=True))


def author(reason: str | None) -> "Author":
    """Whoever runs this, now."""
    from consumer.moves import Author

    return Author(_user(), reason, datetime.now(UTC))


def _user() -> str:
    """Who runs this, and where. In a container, the user may have no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    return f"{name}@{socket.gethostname()}"[:255]
