"""`erase`: a memory, or everything of an owner, with every trace."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.commands import FAILED
from consumer.cli.consent import Consent, author
from consumer.cli.numbers import counted
from consumer.cli.options import Assignments, BootstrapServers, ConfigFile, DatabaseUrl, Json, identifier, load_settings
from consumer.cli.output import say, show_json, show_table, zulu

if TYPE_CHECKING:
    from consumer.adapters.sql.erasing import Traces
    from consumer.erasure import Subject
    from consumer.records import Record
    from consumer.settings import Settings


def erase(
    *,
    memory: Annotated[
        str | None, typer.Option("--memory", metavar="ID", parser=identifier, help="This memory.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="ID", parser=identifier, help="All memories of this owner.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what there is, and erase nothing.")] = False,
    bootstrap_servers: BootstrapServers = None,
    database_url: DatabaseUrl = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Erase a memory, or everything of an owner, with every trace in the database: for good.

    What there is is shown first. Ids stay as tombstones, so that no event that is read later brings a memory back. Dead
    letters that may still hold something are listed; exit 1 where Kafka could not be asked for them.
    """
    from consumer.app import by_hand

    subject, consent = _subject(memory, owner), Consent(yes, dry_run)
    consent.check()
    settings = load_settings(
        config, assignments, kafka_bootstrap_servers=bootstrap_servers, database_url=database_url
    ).settings
    with by_hand.erasing(settings) as erasing:
        found = erasing.find(subject)
        if not as_json:
            _show_plan(found)
        letters = _look_for_letters(settings, subject, found)
        is_done = consent.is_had(f"Erase {subject.kind} {subject.id} for good?")
        if is_done:
            found = erasing.erase(subject, author(None))
    _report(subject, found, letters, is_done=is_done, as_json=as_json)
    if letters.trouble or not (is_done or dry_run):
        raise typer.Exit(FAILED)


@dataclass(slots=True, frozen=True)
class _Letters:
    """Dead letters in which something was found; `trouble` is why they could not be looked at."""

    found: "list[Record]"
    trouble: str | None = None


def _subject(memory: str | None, owner: str | None) -> "Subject":
    from consumer.erasure import Kind, Subject

    if memory and not owner:
        return Subject(Kind.MEMORY, memory)
    if owner and not memory:
        return Subject(Kind.OWNER, owner)
    raise typer.BadParameter("say what to erase, in exactly one way", param_hint="--memory or --owner")


def _look_for_letters(settings: "Settings", subject: "Subject", found: "Traces") -> _Letters:
    """Before anything is erased: the memories of an owner are known by then only."""
    from consumer.app import by_hand
    from consumer.deadletters.reading import original
    from consumer.erasure import Kind, Search
    from consumer.errors import ConsumerError

    search = Search(subject, {*found.memory_ids, *([subject.id] if subject.kind is Kind.MEMORY else [])})
    decode = by_hand.event_in(settings.schemas)
    try:
        with by_hand.letter_reader(settings.kafka) as reader:
            return _Letters([letter for letter in reader.letters() if search.finds(letter, decode(original(letter)))])
    except ConsumerError as error:
        return _Letters([], str(error))


def _report(subject: "Subject", found: "Traces", letters: _Letters, *, is_done: bool, as_json: bool) -> None:
    if as_json:
        listed = None if letters.trouble else [_as_object(letter) for letter in letters.found]
        told = {"kind": subject.kind, "erased": is_done, "rows": found.rows}
        show_json({**told, "dead_letters": listed, "dead_letters_unread": letters.trouble})
    elif letters.found:
        rows = [(*_as_object(letter).values(),) for letter in letters.found]
        show_table(("dead letter", "topic", "partition", "offset", "written at"), rows, right=("partition", "offset"))
    if letters.found:
        say("The dead letters listed may still hold something: Kafka keeps them until they expire.")
    if letters.trouble:
        say(f"The dead letters could not be looked at: {letters.trouble}")
    memories = counted(len(found.memory_ids), "memory", "memories")
    say(f"Erased: {memories}." if is_done else "Nothing was erased.")


def _show_plan(found: "Traces") -> None:
    show_table(("what tells of it", "rows"), [*found.rows.items()], right=("rows",))


def _as_object(letter: "Record") -> dict[str, Any]:
    from consumer.deadletters.reading import letter_id, written_at

    place = {"topic": letter.source.topic, "partition": letter.source.partition, "offset": letter.offset}
    written = written_at(letter)
    return {"id": letter_id(letter), **place, "written_at": written and zulu(written)}
