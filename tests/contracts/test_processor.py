"""Events in, outcomes out: on both databases, in both modes, without Kafka."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from consumer import BadEvent, processor, reader
from consumer.errors import SettingsError
from consumer.memory.json_form import write_event
from consumer.memory.json_text import parse
from consumer.processing import Given
from consumer.records import Kind
from tests.contracts.desk import Desk
from tests.stories import NAMESPACE, event

BAD = {"event_id": "none", "memory": {"owner_id": "", "colour": 1}}


def endings(ended: Any) -> list[str]:
    return [each.category for each in ended]


@pytest.fixture
def address(url: str, engine: Engine) -> str:
    """A database with all tables."""
    return url


@pytest.mark.parametrize("size", [1, 2, 100])
def test_every_event_has_its_outcome_in_its_place(address: str, size: int) -> None:
    events: list[Given] = [
        event("a"),
        BAD,
        event("b", minute=1),
        event("a"),
        event("c", deleted=True, minute=2),
        event("d"),
    ]
    with processor(address, batch_size=size) as process:
        ended = process(events)
    assert endings(ended) == ["created", "validation", "updated", "same_event", "deleted", "overtaken"]
    assert [each.kind for each in ended][1] is Kind.DEAD_LETTERED
    assert {error.path for error in ended[1].errors} >= {"event_id", "memory.colour", "event_type"}
    assert not any(each.errors for each in ended if each.kind is not Kind.DEAD_LETTERED)


@pytest.mark.parametrize("size", [1, 5, 500])
def test_invalid_events_among_others(address: str, size: int) -> None:
    with processor(address, mode="memory+dedup", batch_size=size) as process:
        assert endings(process([event("a", "m1"), BAD])) == ["created", "validation"]
        mixed: list[Given] = [event(name, f"m{name}", content=f"{name} tells of {name}") for name in "bcd"]
        ended = endings(process([mixed[0], BAD, mixed[1], BAD, mixed[2]]))
    assert ended == ["created", "validation", "created", "validation", "created"]


def test_what_is_alike_is_found_in_the_other_mode_alone(address: str) -> None:
    told = [event("a", "m1", content="at the sea"), event("b", "m2", content="At the  SEA")]
    with processor(address) as process:
        assert endings(process(told)) == ["created", "created"]
    again = [event("c", "m3", content="in the wood"), event("d", "m4", content="in the Wood")]
    with processor(address, mode="memory+dedup") as process:
        assert endings(process(again)) == ["created", "same_content"]


def test_handing_over_again_is_harmless(address: str) -> None:
    with processor(address) as process:
        process([event("a")])
    with processor(address) as process:
        assert endings(process([event("a")])) == ["same_event"]
        assert process([]) == []


def test_two_of_one_name_take_turns(address: str, engine: Engine) -> None:
    with processor(address) as one, processor(address) as other:
        ended = [*one([event("a")]), *other([event("b", minute=1)]), *one([event("c", minute=2), BAD])]
    assert endings(ended) == ["created", "updated", "updated", "validation"]
    with engine.connect() as connection:
        counted = text("SELECT records_read, stored, dead_lettered, next_offset FROM partitions")
        assert connection.execute(counted).all() == [(4, 3, 1, 4)]


def test_an_event_of_the_model_is_held_to_the_same_rules(address: str) -> None:
    good = event("a")
    assert good.memory
    doubtful = replace(good, event_id=NAMESPACE, memory=replace(good.memory, confidence=7.0))
    with processor(address) as process:
        ended = process([good, doubtful, parse(write_event(good)), event("f", minute=60 * 24 * 365 * 100)])
    assert endings(ended) == ["created", "validation", "same_event", "validation"]
    assert [error.path for error in ended[1].errors] == ["memory.confidence"]
    assert [error.path for error in ended[3].errors] == ["occurred_at"]


@pytest.mark.parametrize("odd", [None, [], "text", 3, {1: object()}, {"memory": float("nan")}])
def test_whatever_is_handed_over_is_answered(address: str, odd: Any) -> None:
    with processor(address) as process:
        assert endings(process([odd, event("a")])) == ["validation", "created"]


@pytest.mark.parametrize(("size", "whole_batches"), [(1, 3), (2, 2), (100, 0)])
@pytest.mark.parametrize("validate_first", [False, True])
def test_where_no_bad_event_is_borne_it_stops_there(
    address: str, engine: Engine, size: int, whole_batches: int, validate_first: bool
) -> None:
    """Validation first writes nothing of the batch with the bad event; inline, what comes before it is written."""
    events: list[Given] = [*(event(name, f"m{name}") for name in "abc"), BAD, event("d", "md"), BAD]
    with processor(address, batch_size=size, continue_on_error=False, validate_first=validate_first) as process:
        with pytest.raises(BadEvent, match="event 3 can't be processed") as raised:
            process(iter(events))
        assert raised.value.place == 3
        assert {error.path for error in raised.value.event.errors} >= {"event_id", "memory.colour"}
        written = whole_batches if validate_first else 3
        assert endings(raised.value.ended) == ["created"] * written
        assert counted(engine) == (written, written, 0)
        assert endings(process(events[:3])) == ["same_event"] * written + ["created"] * (3 - written)
    assert stored(engine) == {"ma", "mb", "mc"}


@pytest.mark.parametrize("validate_first", [False, True])
def test_what_only_the_database_refuses_stops_it_too(desk: Desk, address: str, validate_first: bool) -> None:
    desk.forbid("forbidden")
    events: list[Given] = [event("a", "m1"), event("b", "m2", content="forbidden"), event("c", "m3"), BAD]
    settings: dict[str, Any] = {"mode": "memory+dedup", "continue_on_error": False, "validate_first": validate_first}
    with processor(address, **settings) as process, pytest.raises(BadEvent) as raised:
        process(events)
    # Where all are validated first, the last is found before the database is asked about the second.
    place, written = (3, set()) if validate_first else (1, {"m1"})
    assert (raised.value.place, stored(desk.engine)) == (place, written)
    assert len(raised.value.ended) == len(written)


@pytest.mark.parametrize("validate_first", [False, True])
def test_where_bad_events_are_borne_the_order_of_validation_makes_no_difference(
    address: str, validate_first: bool
) -> None:
    with processor(address, continue_on_error=True, validate_first=validate_first) as process:
        assert endings(process([event("a"), BAD, BAD, BAD, event("a")])) == [
            "created",
            *["validation"] * 3,
            "same_event",
        ]


def counted(engine: Engine) -> tuple[int, ...]:
    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT records_read, stored, dead_lettered FROM partitions"))
        return tuple(row)


def stored(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT memory_id FROM memories")))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch_size": 0}, "batch_size = '0' (argument): must be a whole number from 1 to 100,000"),
        ({"mode": "memory-dedup"}, "mode = 'memory-dedup' (argument): must be memory or memory+dedup"),
        (
            {"similarity_folded": 0.6},
            "similarity_review = '0.7' (default): must not be above similarity_folded (0.6)",
        ),
        ({"similarity_equal": 1.5}, "similarity_equal = '1.5' (argument): must be a number from 0 to 1"),
        ({"batchsize": 5}, "batchsize = '5' (argument): there is no such setting; did you mean batch_size?"),
        ({"topics": ["a"]}, "topics = 'a' (argument): says nothing of a batch, and means nothing here"),
        ({"name": ""}, "name = '' (argument): must be a text, not empty"),
        ({"batch_size": None}, "batch_size = 'None' (argument): must be a whole number from 1 to 100,000"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_line(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as refused, processor("sqlite://", **settings):
        pass
    assert str(refused.value) == f"a setting is wrong: {said}"
    assert refused.value.advice


@pytest.mark.parametrize("opened", [processor, reader])
def test_a_database_that_is_not_served_is_refused_in_a_line_without_its_password(
    opened: Callable[[str], AbstractContextManager[object]],
) -> None:
    with pytest.raises(SettingsError) as refused, opened("mysql://me:s3cret@db/memories"):
        pass
    assert str(refused.value) == (
        "a setting is wrong: database_url = 'mysql://me:***@db/memories' (argument): "
        "must be postgresql://user:password@host:5432/name or sqlite:///file"
    )


def test_what_may_be_unset_may_be_none(address: str) -> None:
    with processor(address, max_errors=None) as process:
        assert endings(process([event("a")])) == ["created"]
