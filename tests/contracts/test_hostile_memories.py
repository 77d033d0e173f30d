"""Valid events meant to do harm: each ends as it should, and the next batch is written."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine

from consumer import processor
from consumer.records import Kind
from tests.stories import event_id

WIDE = random.Random(7)
LONGEST = 255


def wide(length: int) -> str:
    """Characters of four bytes each, which no database can make smaller."""
    return "".join(chr(WIDE.randrange(0x10000, 0x2FFFF)) for _ in range(length))


def told(name: str, content: str, **parts: Any) -> dict[str, Any]:
    """An event in the JSON form; parts of the memory are as they are given."""
    memory = {"owner_id": parts.pop("owner_id", "ann"), "content": content, **parts}
    return {
        "event_id": str(event_id(name)),
        "event_type": "CREATED",
        "memory_id": memory.pop("memory_id", name),
        "occurred_at": memory.pop("occurred_at", "2025-06-01T09:30:00Z"),
        "producer": "tests",
        "memory": memory,
    }


def worded(number: int) -> str:
    """Texts of twenty words that are alike enough to be folded, and none the same."""
    return " ".join([f"x{number}", *(f"w{each}" for each in range(19))])


def doubtful(number: int) -> str:
    """Texts that are left to a person."""
    return " ".join([f"x{number}", f"y{number}", *(f"w{each}" for each in range(18))])


@pytest.fixture
def write(url: str, engine: Engine) -> Callable[[Sequence[dict[str, Any]]], list[str]]:
    """Write events, then the same again and one more. Returns how the first ended."""

    def write(events: Sequence[dict[str, Any]]) -> list[str]:
        with processor(url, mode="memory+dedup") as process:
            ended = process(events)
            again = process([*events, told("the next", "and life goes on", owner_id="bob")])
        assert [each.category for each in again[:-1]] == [
            each.category if each.kind is Kind.DEAD_LETTERED else "same_event" for each in ended
        ]
        assert again[-1].category == "created"
        return [each.category for each in ended]

    return write


def test_the_longest_names_fit_every_index(write: Callable[[Sequence[dict[str, Any]]], list[str]]) -> None:
    owner, people = wide(LONGEST), [{"id": wide(LONGEST), "name": wide(9_000), "role": "other"} for _ in range(50)]
    parts = {
        "owner_id": owner,
        "participants": people,
        "source_message_ids": [wide(9_000)],
        "tags": [wide(50) for _ in range(20)],
        "metadata": {wide(9_000): wide(9_000)},
    }
    wordings = (worded(1), worded(1), worded(2), f"{worded(1)} more", doubtful(3))
    # Without sources and people what differs by two words is in doubt, and a pair of ids has an index.
    alone = {"owner_id": wide(LONGEST)}
    events = [
        *(told(f"a{n}", each, memory_id=wide(LONGEST), **parts) for n, each in enumerate(wordings)),
        *(told(f"b{n}", each, memory_id=wide(LONGEST), **alone) for n, each in enumerate(wordings)),
    ]
    ended = write(events)
    assert ended == [
        *("created", "same_content", "nearly_same", "nearly_same", "folded_in"),
        *("created", "same_content", "folded_in", "nearly_same", "created"),
    ]


def test_numbers_and_moments_at_their_edges(write: Callable[[Sequence[dict[str, Any]]], list[str]]) -> None:
    feeling = {"primary_emotion": "joy", "intensity": 5e-324, "valence": -1.0}
    edges = ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"]
    events = [
        told(f"e{n}", worded(n), occurred_at=edges[0], extracted_at=edge, confidence=5e-324, emotional_context=feeling)
        for n, edge in enumerate(edges)
    ]
    assert write(events) == ["created", "folded_in", "folded_in"]


ODD = (
    "\x01\x1f\x7f\x9f",
    "\ufffe\uffff\U0010ffff",
    "\u2028\u2029\ufeff",
    "\\",
    '"',
    "'",
    "{},;%s$1",
    r"\u0000",
    "NULL",
    "\u202ereversed",
    "\u0130" * 9_000,
    "\ufdfa" * 9_000,
    "a'" * 9_000,
    "a" + "\u0301" * 9_000,
    "\U0001f600",
)


def test_odd_texts_are_texts(write: Callable[[Sequence[dict[str, Any]]], list[str]]) -> None:
    events = []
    for n, odd in enumerate(ODD):
        short = f"{odd[:40]}{n}"
        parts = {
            "owner_id": short,
            "summary": odd,
            "source_message_ids": [odd],
            "participants": [{"id": short, "name": odd, "role": "self"}],
            "tags": [short],
            "metadata": {odd: odd},
        }
        events += [
            told(f"{n} {copy}", f"{odd} {n}", memory_id=f"{copy} {short}", **parts) for copy in ("first", "again")
        ]
    assert write(events) == ["created", "same_content"] * len(ODD)


@pytest.mark.proof
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_cluster_whose_metadata_would_be_too_large_for_the_database(
    write: Callable[[Sequence[dict[str, Any]]], list[str]],
) -> None:
    """PostgreSQL takes 256 MB in a document: the originals have more, the view is bounded."""
    metadata = "v" * 930 * 1024
    events = [told(f"m{n}", worded(n), metadata={"k": f"{n}{metadata}"}) for n in range(290)]
    assert write(events) == ["created"] + ["folded_in"] * 289
