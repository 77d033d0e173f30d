"""What a demonstration ends with: the outcomes, the equation, and what to look at next."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from consumer.cli.demo.file import Example, url_of
from consumer.cli.demo.reconciliation import Reconciliation
from consumer.cli.effects import in_words
from consumer.cli.numbers import counted
from consumer.cli.output import on_one_line
from consumer.records import Kind

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MEANINGS = {
    "created": "a new memory",
    "updated": "a newer state of a memory",
    "deleted": "a memory erased; its tombstone is final",
    "same_event": "an event id that had been stored before",
    "same_content": "the same words, people and sources as another memory",
    "nearly_same": "so like another memory that it adds nothing",
    "folded_in": "like another memory, and shown as one with it",
    "overtaken": "older than what is stored, or of an erased memory",
    "validation": "refused: the bytes or a field rule",
    "database": "refused by the database, alone among its batch",
    "deduplication": "refused: an event id of another memory",
}


def summary(told: Reconciliation, filter_words: str) -> "RenderableType":
    """The table of outcomes, the rate and the equation."""
    from rich.console import Group
    from rich.text import Text

    rate = (
        f"{counted(told.published, 'event')} in {told.seconds:.1f} s: {told.per_second:,.0f} events/s, {filter_words}"
    )
    mark = Text(f"✔ {told.equation()}", style="bold green")
    if not told.holds:
        mark = Text(f"✘ {told.equation()}", style="bold red")
    effects = [Text(line, style="dim") for line in in_words(told.effects)]
    return Group(_outcomes(told), *effects, Text(), Text(rate), mark)


def next_steps(file: Path, example: Example | None, *, has_doubts: bool) -> "RenderableType":
    """Commands that work when pasted, in the shell that this was called from."""
    from rich.console import Group
    from rich.text import Text

    url = f"--database-url {shlex.quote(url_of(file))}"
    lines = [f"{program()} stack up   # a real broker, database and Redis, for development"]
    if has_doubts:
        lines.insert(0, f"{program()} review list --limit 5 {url}")
    if example is not None:
        lines = [
            f"{program()} memory show {shlex.quote(example.memory_id)} {url}",
            f"{program()} memory show --owner {shlex.quote(example.owner_id)} --limit 5 {url}",
            *lines,
        ]
    return Group(Text("\nWhat to look at next", style="bold"), *(Text(f"  {on_one_line(line)}") for line in lines))


def program() -> str:
    """The name of the program as it was called."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m consumer"
    if shutil.which(called.name) == str(called):
        return called.name
    return shlex.quote(str(called))


def _outcomes(told: Reconciliation) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("outcome")
    table.add_column("events", justify="right")
    table.add_column("")
    categories = told.by_category()
    for kind, count in told.by_kind().items():
        table.add_row(
            f"[bold]{kind.replace('_', '-')}[/]", f"[bold]{count:,}[/]", _remark(kind, told), end_section=False
        )
        for outcome in told.outcomes:
            if outcome.kind is kind and categories.get(outcome.category):
                inner = categories[outcome.category]
                table.add_row(f"  {outcome.category}", f"{inner:,}", f"[dim]{MEANINGS[outcome.category]}[/]")
    return table


def _remark(kind: Kind, told: Reconciliation) -> str:
    is_idle = kind is Kind.MERGED and not told.effects.placed
    return "[dim]similar memories are not merged in this mode[/]" if is_idle else ""
