"""`review`: pairs of memories that a person has to look at."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.consent import author
from consumer.cli.options import Json, identifier, of_database, words
from consumer.cli.output import Lines, on_one_line, say, show_json, show_table, zulu

if TYPE_CHECKING:
    from consumer.adapters.sql.merging.reviewing import Review, Reviews
    from consumer.memory.merging.members import Member
    from consumer.memory.model import Memory
    from consumer.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Decide which memories tell of one thing, where scores can't.")

LARGEST = 2**63 - 1
"""No number is larger in the database."""

Pair = Annotated[int, typer.Argument(metavar="PAIR", min=1, max=LARGEST, help="Its number in `review list`.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", parser=words, help="Kept with the decision.")]

SHORTENED = 300
"""Characters of a text that are shown; with --json, all of it."""


@app.command("list", epilog="Example: memory-consumer review list --owner o-3 --limit 5")
@of_database
def show(
    settings: "Settings",
    *,
    owner: Annotated[
        str | None, typer.Option(metavar="ID", parser=identifier, help="Pairs of this owner only.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    decided: Annotated[bool, typer.Option("--decided", help="Decisions that hold instead, newest first.")] = False,
    as_json: Json = False,
) -> None:
    """Show the pairs that wait for a decision, those that wait longest first, with both texts, and what else
    tells them apart; with --json, all of both."""
    from consumer.app import by_hand

    with by_hand.reviews(settings) as reviews:
        found = reviews.decided(owner, limit) if decided else reviews.waiting(owner, limit)
    if as_json:
        show_json([_as_object(review) for review in found])
    elif found:
        last = ("decision", "by", "because") if decided else ("waits",)
        cells = _decision if decided else _waiting
        rows = ((*_cells(review), *cells(review)) for review in found)
        show_table(("pair", "score", "reason", "one", "other", *last), rows, right=("pair", "score"))
    else:
        say("Nothing was decided." if decided else "No pair waits.")


@app.command("accept", epilog="Example: memory-consumer review accept 17 --reason 'the same walk'")
@of_database
def accept(settings: "Settings", *, pair: Pair, reason: Reason = None, as_json: Json = False) -> None:
    """Both tell of one thing: they are merged, with all that each was merged with before, under the older. Refused
    where two would come together that were rejected.

    Consumers may run meanwhile.
    """
    with _deciding(settings, pair, "accepted", as_json=as_json) as reviews:
        reviews.accept(pair, author(reason))


@app.command("reject", epilog="Example: memory-consumer review reject 17 --reason 'another year'")
@of_database
def reject(settings: "Settings", *, pair: Pair, reason: Reason = None, as_json: Json = False) -> None:
    """They tell of two things: they are not asked about again, and taken apart if they were merged,
    whoever was accepted with both.

    Consumers may run meanwhile.
    """
    with _deciding(settings, pair, "rejected", as_json=as_json) as reviews:
        reviews.reject(pair, author(reason))


@contextmanager
def _deciding(settings: "Settings", pair: int, decision: str, *, as_json: bool) -> "Iterator[Reviews]":
    """Where a decision is made; then it is told."""
    from consumer.app import by_hand

    with by_hand.reviews(settings) as reviews:
        yield reviews
    if as_json:
        show_json({"pair": pair, "decision": decision})
    else:
        say(f"Pair {pair} is {decision}. That holds until either memory says something else.")


def _cells(review: "Review") -> tuple[object, ...]:
    return review.id, f"{review.score:.3f}", review.reason, _side(review.one), _side(review.other)


def _waiting(review: "Review") -> tuple[object, ...]:
    return (_age((datetime.now(UTC) - review.noted_at).total_seconds()),)


def _decision(review: "Review") -> tuple[object, ...]:
    return review.decision, review.decided_by, review.decided_because


def _side(member: "Member") -> Lines:
    words = " ".join(member.memory.content.split())
    head = f"{on_one_line(member.memory_id)}, {zulu(member.occurred_at.replace(microsecond=0))}"
    return Lines("\n".join([head, _shortened(words), *map(_shortened, _besides(member.memory))]))


def _besides(memory: "Memory") -> Iterator[str]:
    """What may tell two memories apart that have the same words: a line for each that there is, in an order in which
    two can be compared."""
    felt = memory.emotional_context
    parts: Mapping[str, Sequence[str]] = {
        "people": sorted(person["id"] for person in memory.participants),
        "sources": sorted(memory.source_message_ids),
        "tags": sorted(memory.tags),
        "emotion": [felt["primary_emotion"]] if felt else [],
    }
    return (f"{name}: {on_one_line(', '.join(told))}" for name, told in parts.items() if told)


def _shortened(text: str) -> str:
    return text if len(text) <= SHORTENED else text[: SHORTENED - 1] + "…"


def _age(seconds: float) -> str:
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:,.0f} {name}"
    return f"{max(0.0, seconds):.0f} s"


def _as_object(review: "Review") -> dict[str, Any]:
    told = {name: getattr(review, name) for name in type(review).__dataclass_fields__}
    return {**told, "one": _memory(review.one), "other": _memory(review.other)}


def _memory(member: "Member") -> dict[str, Any]:
    return {"memory_id": member.memory_id, "occurred_at": member.occurred_at, **asdict(member.memory)}
