"""`memory`: what is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.bonds import bonds_object, show_bonds
from consumer.cli.commands import FAILED
from consumer.cli.memory_rows import show_memories, show_memory, with_components
from consumer.cli.options import Json, Since, Until, of_database
from consumer.cli.output import say, show_json

if TYPE_CHECKING:
    from consumer.memory.asking import Criteria
    from consumer.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Look at what is stored.")

Owner = Annotated[str | None, typer.Option("--owner", metavar="ID", help="Whose memories.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most: the newest.")]

MOST_READINGS = 10_000
"""Of two people the newest so many memories are looked at."""


@app.callback()
def memory() -> None:
    """Look at what is stored. Memories that tell of one thing are shown as one."""


@app.command(
    "show", epilog="Examples: memory-consumer memory show m-000017    memory-consumer memory show --owner o-3 --limit 5"
)
@of_database
def show(
    settings: "Settings",
    *,
    memory_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="The memory's id.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="ID", help="Everything of an owner instead.")] = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Show one memory by its id, or an owner's newest. Exit 1 when there is none.

    One that was merged with others is shown as what they tell together, with all of them and how they came together.
    """
    from consumer import app as root
    from consumer.memory.asking import Criteria, check_storable

    if (memory_id is None) == (owner is None):
        raise typer.BadParameter("give a memory's id, or --owner", param_hint="ID")
    if memory_id is None:
        with _wrong_usage():
            criteria = Criteria(owner_id=owner)
        _find(settings, criteria, limit, f"There is no memory of {owner}.", as_json=as_json)
        return
    with _wrong_usage():
        check_storable(memory_id)
    with root.memory_reader(settings.database) as reader:
        row = reader.by_id(memory_id)
    if row is None:
        raise _nothing(f"There is no memory {memory_id}.")
    told = with_components(row)
    if as_json:
        show_json(told)
    else:
        show_memory(told)


@app.command(
    "search",
    epilog="Examples: memory-consumer memory search --emotion joy --min-intensity 0.8"
    "    memory-consumer memory search --owner o-3 --participant ann --text 'train strike'",
)
@of_database
def search(
    settings: "Settings",
    *,
    owner: Owner = None,
    emotion: Annotated[str | None, typer.Option(metavar="NAME", help="The primary emotion, as in joy.")] = None,
    min_intensity: Annotated[
        float | None, typer.Option(metavar="SHARE", help="How intense the emotion is at least, 0 to 1.")
    ] = None,
    participant: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Who took part. Repeatable: all of them did.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Words of the content or the summary: all of them, in any order."),
    ] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="A tag, letter by letter.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Find memories of which all holds that is given. Exit 1 when there is none.

    An owner, an emotion or a participant has to be given: the rest only narrows down what they find.
    """
    from consumer.memory.asking import Criteria

    with _wrong_usage():
        criteria = Criteria(
            owner_id=owner,
            emotion=emotion,
            min_intensity=min_intensity,
            participants=tuple(participant or ()),
            words=tuple((text or "").split()),
            tag=tag,
            since=since,
            until=until,
        )
    _find(settings, criteria, limit, "There is no memory of which all that holds.", as_json=as_json)


@app.command(
    "strength",
    epilog="Examples: memory-consumer memory strength ann bo    memory-consumer memory strength ann bo --json",
)
@of_database
def strength(
    settings: "Settings",
    one: Annotated[str, typer.Argument(metavar="ID", help="A participant.")],
    other: Annotated[str, typer.Argument(metavar="ID", help="Another.")],
    *,
    owner: Owner = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Show how strong the connection between two people was through time, as the memories of both tell it.

    Mean, trend and chart are over all of them; the table has the newest. Exit 1 when no memory tells it.
    """
    from consumer import app as root

    with root.memory_reader(settings.database) as reader, _wrong_usage():
        readings = reader.between((one, other), MOST_READINGS, owner_id=owner, since=since, until=until)
    if as_json:
        show_json(bonds_object((one, other), readings))
    elif readings:
        show_bonds(readings, limit)
    if not readings:
        raise _nothing(f"No memory tells how {one} and {other} stand to one another.")
    if len(readings) == MOST_READINGS:
        say(f"Of the newest {MOST_READINGS:,} memories; --since and --until show others.")


def _find(settings: "Settings", criteria: "Criteria", limit: int, nothing: str, *, as_json: bool) -> None:
    from consumer import app as root

    with root.memory_reader(settings.database) as reader:
        rows = reader.search(criteria, limit + 1)
    if as_json:
        show_json([with_components(row) for row in rows[:limit]])
    elif rows:
        show_memories(rows[:limit])
    if not rows:
        raise _nothing(nothing)
    if len(rows) > limit:
        say(f"There are more; {'this is the newest' if limit == 1 else f'these are the newest {limit:,}'}.")


def _nothing(sentence: str) -> typer.Exit:
    say(sentence)
    return typer.Exit(FAILED)


@contextmanager
def _wrong_usage() -> Iterator[None]:
    """What can't be asked was asked on the command line."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
