"""Where the group stands, as `offsets` and `status` both show it."""

from typing import TYPE_CHECKING, Any, NamedTuple

from consumer.cli.output import show_json, show_table, to_the_second

if TYPE_CHECKING:
    from consumer.adapters.sql.position_moves import PositionChange
    from consumer.records import Found, TopicPartition
    from consumer.settings import Settings
    from consumer.standing import Standing


def look(settings: "Settings") -> "tuple[list[Standing], str | None]":
    """The group's standing, and what kept Kafka from answering."""
    from consumer import app as root
    from consumer.standing import standings

    with root.operations(settings.database) as operations:
        rows = operations.partitions(settings.kafka.group_id)
    answers = _ask_kafka(settings)
    return standings(rows, answers.found, answers.listed), answers.trouble


def show_standing(standing: "list[Standing]") -> None:
    """The table."""
    numbers = ("SQL", "Kafka", "end", "lag", "epoch", "incarnation", "records read", "skipped")
    show_table(("partition", *numbers, ""), map(_cells, standing), right=numbers)


def as_object(standing: "Standing") -> dict[str, Any]:
    """One partition, for programs."""
    row = standing.row
    return {
        "topic": standing.source.topic,
        "partition": standing.source.partition,
        "next_offset": standing.next_offset,
        "committed": standing.committed,
        "end": standing.end,
        "lag": standing.lag,
        "epoch": None if row is None else row.epoch,
        "incarnation": None if row is None else row.incarnation,
        "records_read": None if row is None else row.records_read,
        "skipped": None if row is None else row.skipped,
        "remark": standing.remark,
    }


def show_changes(settings: "Settings", at_most: int, *, as_json: bool) -> None:
    """What happened to the group's positions, the newest first."""
    from consumer import app as root

    with root.position_moves(settings.database, settings.kafka.group_id) as moves:
        changes = moves.changes(at_most)
    if as_json:
        show_json([_change_as_object(change) for change in changes])
    else:
        numbers = ("from", "to", "skipped")
        columns = ("at", "partition", "because", *numbers, "by", "reason")
        show_table(columns, map(_change_cells, changes), right=numbers)


def _change_as_object(change: "PositionChange") -> dict[str, Any]:
    told = {name: getattr(change, name) for name in type(change).__dataclass_fields__ if name != "source"}
    return {"topic": change.source.topic, "partition": change.source.partition, **told}


def _change_cells(change: "PositionChange") -> tuple[object, ...]:
    numbers = (change.from_offset, change.to_offset, change.skipped)
    moment = to_the_second(change.changed_at)
    return moment, str(change.source), change.because, *numbers, change.moved_by, change.reason


def _cells(standing: "Standing") -> tuple[object, ...]:
    told = as_object(standing)
    names = ("next_offset", "committed", "end", "lag", "epoch", "incarnation", "records_read", "skipped", "remark")
    return str(standing.source), *(told[name] for name in names)


class _Answers(NamedTuple):
    """What Kafka said: of partitions, which there are of each topic, and why it said no more."""

    found: "dict[TopicPartition, Found]"
    listed: "dict[str, list[TopicPartition]]"
    trouble: str | None


def _ask_kafka(settings: "Settings") -> _Answers:
    from consumer import app as root
    from consumer.errors import Transient

    listed: dict[str, list[TopicPartition]] = {}
    try:
        with root.group_positions(settings.kafka) as kafka:
            for topic in settings.kafka.topics:
                listed[topic] = kafka.partitions(topic)
            answers = kafka.found([source for sources in listed.values() for source in sources])
    except Transient as trouble:
        return _Answers({}, listed, str(trouble))
    found = {source: answer for source, answer in answers.items() if not isinstance(answer, Transient)}
    troubles = (str(answer) for answer in answers.values() if isinstance(answer, Transient))
    return _Answers(found, listed, next(troubles, None))
