"""Positions moved by hand: planned, shown, agreed to, done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from consumer.cli.consent import author
from consumer.cli.output import say, show_json, show_table
from consumer.errors import Fatal, Transient

if TYPE_CHECKING:
    from consumer.adapters.kafka.lookups import GroupPositions
    from consumer.moves import Aim, Move
    from consumer.ports import Findings
    from consumer.positions import Because
    from consumer.records import Found, TopicPartition
    from consumer.settings import Settings

EARLIEST, LATEST = "earliest", "latest"


@dataclass(slots=True, frozen=True)
class Target:
    """Where to: a place, a number of offsets, or a moment."""

    to: str | None
    by: int | None
    moment: datetime | None

    def check(self) -> None:
        """Raises `typer.BadParameter` unless exactly one of them is given, in a form that can be understood."""
        if sum(given is not None for given in (self.to, self.by, self.moment)) != 1:
            raise typer.BadParameter("say where to, in exactly one way", param_hint="--to, --by or --to-time")
        if self.to is not None and not re.fullmatch(rf"{EARLIEST}|{LATEST}|\d{{1,18}}", self.to, re.ASCII):
            raise typer.BadParameter(f"{EARLIEST}, {LATEST} or an offset", param_hint="--to")

    def aim(self, because: "Because", kafka: "GroupPositions", sources: "Sequence[TopicPartition]") -> "Aim":
        """The same for each partition. A moment is looked up."""
        from consumer import moves
        from consumer.positions import Because

        if self.moment is not None:
            return moves.to_first_of(kafka.at(self.moment, sources))
        if self.by is not None:
            return moves.by(-self.by if because is Because.REWOUND else self.by)
        named = {EARLIEST: moves.to_earliest, LATEST: moves.to_latest}
        return named.get(str(self.to)) or moves.to_offset(int(str(self.to)))


def plan(
    settings: "Settings", because: "Because", topics: Sequence[str], numbers: Sequence[int], target: Target
) -> "list[Move]":
    """What is to be moved: all partitions of these topics, unless some are numbered.

    Raises `Fatal` where one of them may not be moved like this, or is not there.
    """
    from consumer import app as root
    from consumer import moves
    from consumer.standing import standings

    with root.group_positions(settings.kafka) as kafka:
        sources = _existing(kafka, topics, numbers)
        aim = target.aim(because, kafka, sources)
        found = _told(kafka.found(sources))
    with root.operations(settings.database) as operations:
        rows = [row for row in operations.partitions(settings.kafka.group_id) if row.source in found]
    unread = sorted(found.keys() - {row.source for row in rows})
    if unread:
        say(f"Not read yet by {settings.kafka.group_id}, nothing to move: {moves.shortened([*map(str, unread)])}")
    if not rows:
        raise Fatal(f"{settings.kafka.group_id} has no position to move")
    return moves.plan(because, standings(rows, found), aim)


def carry_out(settings: "Settings", planned: "list[Move]", reason: str | None) -> "list[Move]":
    """Make the moves in the database, in the name of whoever runs this. Returns them as they were made."""
    from consumer import app as root

    with root.position_moves(settings.database, settings.kafka.group_id) as positions:
        return positions.move(planned, author(reason))


def show_plan(planned: "list[Move]", because: "Because") -> None:
    """The table; none, where nothing is to be moved."""
    from consumer.positions import Because

    if not planned:
        return
    numbers = ("from", "to", "read again" if because is Because.REWOUND else "skipped")
    rows = [
        (str(move.source), f"{move.from_offset:,}", f"{move.to_offset:,}", f"{move.distance:,}") for move in planned
    ]
    show_table(("partition", *numbers), rows, right=numbers)


def show_as_json(moves: "list[Move]", because: "Because", *, is_done: bool) -> None:
    """The same, for programs."""
    show_json({"moved": is_done, "because": because, "partitions": [_as_object(move) for move in moves]})


def _existing(kafka: "GroupPositions", topics: Sequence[str], numbers: Sequence[int]) -> "list[TopicPartition]":
    from consumer.records import TopicPartition

    existing = [source for topic in topics for source in kafka.partitions(topic)]
    named = [TopicPartition(topic, number) for topic in topics for number in numbers]
    absent = [str(source) for source in named if source not in existing]
    absent += [topic for topic in topics if topic not in {source.topic for source in existing}]
    if absent:
        raise Fatal(f"Kafka has no {', '.join(absent)}", advice="What there is: memory-consumer offsets show")
    return named or existing


def _told(answers: "Findings") -> "dict[TopicPartition, Found]":
    """All of them, or none: what can't be told passes, and is raised."""
    for answer in answers.values():
        if isinstance(answer, Transient):
            raise answer
    return {source: answer for source, answer in answers.items() if not isinstance(answer, Transient)}


def _as_object(move: "Move") -> dict[str, Any]:
    return {
        "topic": move.source.topic,
        "partition": move.source.partition,
        "from_offset": move.from_offset,
        "to_offset": move.to_offset,
        "offsets": move.distance,
    }
