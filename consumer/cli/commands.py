"""How every command ends: errors as sentences with advice, and one exit code for each kind of end.

0 done; 1 failed; 2 wrong usage, settings included; 128 + n ended by signal n.
"""

from typing import Any

import typer
from typer.core import TyperGroup

from consumer.cli.output import say
from consumer.errors import ConsumerError, SettingsError, Transient

FAILED = 1
WRONG_USAGE = 2


class Commands(TyperGroup):
    """The commands of the program. What they raise on purpose is shown without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and turn its error into words and an exit code."""
        try:
            return super().invoke(ctx)
        except ConsumerError as error:
            say(str(error), label="Error:", style="bold red")
            if advice := error.advice or _usual_advice(error):
                say(advice, label="→", style="dim")
            raise typer.Exit(WRONG_USAGE if isinstance(error, SettingsError) else FAILED) from error


def _usual_advice(error: ConsumerError) -> str:
    if isinstance(error, Transient):
        return "It may pass by itself: try again. Which server was meant: memory-consumer config show"
    return ""
