"""Tables with so many rows that a database goes by its indexes, and how it goes about what it is asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, event, insert, text

from consumer.adapters.sql.tables import (
    members,
    memories,
    merge_history,
    merged_memories,
    reviews,
    similarity_keys,
)
from tests.memory.merging.originals import bond, feeling
from tests.stories import NOON, event_id

MANY = 20_000
FEWER = 5_000
EMOTIONS = ("joy", "sadness", "anger", "fear", "trust")
ASKED = ("SELECT", "INSERT", "UPDATE", "DELETE")
VIEWED = {"conflicts": [], "merged_at": NOON}
OF_SQLITE = ("SCAN memories", "SCAN merge", "SCAN members", "SCAN reviews", "SCAN similarity_keys")


def fill(engine: Engine) -> None:
    """Memories of a hundred owners, every fifth merged with the one before it."""
    with engine.begin() as connection:
        _tell(connection, MANY, 101)
        connection.execute(text("ANALYZE"))


def fill_what_is_erased(engine: Engine) -> None:
    """Fewer, of as many owners as have four each; of each member a key, a joining, and a pair with the next."""
    with engine.begin() as connection:
        _tell(connection, FEWER, FEWER // 4)
        _tell_of_clusters(connection, FEWER, FEWER // 4)
        connection.execute(text("ANALYZE"))


def _tell(connection: Connection, many: int, owners: int) -> None:
    rows = [_row(number, f"o{number % owners}") for number in range(many)]
    views = [{**rows[number], "cluster_id": _cluster(number), **VIEWED} for number in range(0, many, 5)]
    connection.execute(insert(memories), [{**row, "written_at": NOON} for row in rows])
    connection.execute(insert(merged_memories), views)
    connection.execute(insert(members), [_place(number) for number in range(many)])


def _tell_of_clusters(connection: Connection, many: int, owners: int) -> None:
    at = {"joined_at": NOON, "band": "same", "score": 1.0, "conflicts": [], "fields_changed": []}
    keys = ({"key": number * 2**40, "cluster_id": _cluster(number)} for number in range(many))
    history = ({"cluster_id": _cluster(number), "memory_id": f"m{number}", **at} for number in range(many))
    pairs = (
        {
            "owner_id": f"o{number % owners}",
            "memory_id": f"m{number}",
            "content_hash": b"",
            "other_memory_id": f"m{number + 1}",
            "other_content_hash": b"",
            "score": 0.8,
            "reason": "alike",
            "noted_at": NOON,
        }
        for number in range(many)
    )
    for table, rows in ((similarity_keys, keys), (merge_history, history), (reviews, pairs)):
        connection.execute(insert(table), list(rows))


def _row(number: int, owner: str) -> dict[str, Any]:
    people = [{"id": f"p{(number + each) % 997}", "name": None, "role": "other"} for each in range(2)]
    return {
        "memory_id": f"m{number}",
        "owner_id": owner,
        "occurred_at": NOON + timedelta(seconds=number),
        "is_deleted": False,
        "content": "words",
        "source_message_ids": [],
        "participants": people,
        "tags": ["t"],
        "confidence": 0.5,
        "metadata": {},
        "emotional_context": feeling(EMOTIONS[number % 5], intensity=number % 100 / 100),  # type: ignore[arg-type]
        "relationship_dynamics": bond(0.5),
    }


def _place(number: int) -> dict[str, Any]:
    return {
        "memory_id": f"m{number}",
        "cluster_id": _cluster(number),
        "is_founder": number % 5 != 1,
        "band": "same",
        "score": 1.0,
        "content_hash": b"",
    }


def _cluster(number: int) -> Any:
    return event_id(str(number - 1 if number % 5 == 1 else number))


def plans_of(engine: Engine, ask: Callable[[], object]) -> dict[str, str]:
    """The statements that this makes of one set of values each, and how the database goes about them."""
    asked: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        if statement.startswith(ASKED) and not is_many:
            asked[statement] = parameters

    event.listen(engine, "before_cursor_execute", note)
    ask()
    event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with engine.connect() as connection:
        return {
            statement: "\n".join(
                str(line[-1]) for line in connection.exec_driver_sql(f"{explain} {statement}", parameters)
            )
            for statement, parameters in asked.items()
        }


def reads_all(plan: str) -> list[str]:
    """The tables of which the plan reads every row."""
    return [line for line in plan.splitlines() if "Seq Scan" in line or line.startswith(OF_SQLITE)]
