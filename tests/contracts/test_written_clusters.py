"""What is written of clusters comes back as it is, in as many statements for many rows as for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, select, text, update

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.errors import rows_refused
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.tables import merge_history, merged_memories, reviews
from consumer.errors import Fatal
from consumer.memory.merging.doubts import ALIKE, CONTRADICTION, Doubt, Pair, Side
from consumer.memory.merging.folding import Dispute, View
from consumer.memory.merging.joining import Joining
from consumer.memory.merging.roster import Place
from consumer.memory.merging.similarity import Band
from consumer.memory.model import Memory, MemoryEvent
from consumer.memory.quality import assess
from tests.contracts.clustered import TEN, Clustered, gone, swapped, told
from tests.memory.merging.originals import feeling, member, memory
from tests.stories import NOON

ODD = ["NULL", "null", "", "'; --", '"{},\\', "\\\\x00", "%s $1", "\x01\x1f\x7f\r\n\t", "e\u0301\u2028\ufffe", "🙂"]
MOST_STATEMENTS = 40

LONG = "'\"\\,{}🙂 " * 30_000


@contextmanager
def rows_of(engine: Engine) -> Iterator[ClusterRows]:
    """In a transaction of their own."""
    dialect = dialect_of(engine.dialect.name, Timeouts())
    with rows_refused(), engine.begin() as connection:
        dialect.open(connection)
        yield ClusterRows(connection, dialect)


def all_of(engine: Engine, table: Any) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [row._asdict() for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def full(odd: str) -> Memory:
    """A memory that says the same in every place."""
    return Memory(
        owner_id=odd[:200] or "-",
        content=odd,
        summary=odd,
        source_message_ids=[odd, odd],
        participants=[{"id": odd, "name": odd, "role": "self"}, {"id": "b", "name": None, "role": "friend"}],
        tags=[odd],
        confidence=0.1 + 0.2,
        extracted_at=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        metadata={odd: odd},
        emotional_context=feeling("joy", intensity=5e-324, valence=-1.0, themes=["grief"]) | {"markers": [odd]},
        relationship_dynamics={
            "communication_pattern": "open",
            "interaction_quality": "mixed",
            "connection_strength": 1.0,
            "is_balanced": False,
            "concerning_patterns": [odd],
            "participant_dynamics": [{"participants": [odd, "b"], "kind": "complex"}],
        },
    )


def view_of(told: Memory, *fields: str) -> View:
    """What is seen of this memory, with conflicts over the fields."""
    oldest, other = member("NULL", told), member("other", told)
    return View("NULL", NOON, told, tuple(Dispute(field, oldest, other) for field in fields))


VIEWS = [
    *(view_of(full(odd), "tags", "primary_emotion") for odd in (*ODD, LONG)),
    *(view_of(replace(full(odd), summary=None, extracted_at=None)) for odd in ODD),
    view_of(memory("nothing but a text")),
    view_of(replace(full("most"), relationship_dynamics=None)),
]


def expected(cluster_id: UUID, view: View, now: datetime) -> dict[str, Any]:
    quality, warnings = assess(view.memory)
    return {
        "cluster_id": cluster_id,
        "memory_id": view.memory_id,
        "occurred_at": view.occurred_at,
        "is_deleted": False,
        "producer": None,
        **{name: getattr(view.memory, name) for name in Memory.__slots__},
        "quality": quality,
        "warnings": list(warnings),
        "conflicts": list(view.conflicts),
        "merged_at": now,
    }


class TestViews:
    def test_every_value_of_every_column_comes_back(self, engine: Engine) -> None:
        views = {UUID(int=number): view for number, view in enumerate(VIEWS)}
        with rows_of(engine) as rows:
            rows.put_views(views, NOON)
        assert all_of(engine, merged_memories) == [expected(each, view, NOON) for each, view in views.items()]

    def test_another_takes_its_place_whole(self, engine: Engine) -> None:
        bare = view_of(memory("nothing but a text"))
        before, after = [view_of(full("a")), bare, bare], [bare, view_of(full("b"), "tags"), view_of(full("c"))]
        later = NOON + timedelta(microseconds=1)
        with rows_of(engine) as rows:
            rows.put_views({UUID(int=number): view for number, view in enumerate(before[:2])}, NOON)
            rows.put_views({UUID(int=number): view for number, view in enumerate(after)}, later)
        assert all_of(engine, merged_memories) == [
            expected(UUID(int=number), view, later) for number, view in enumerate(after)
        ]

    def test_a_document_that_is_not_there_is_null(self, engine: Engine) -> None:
        with rows_of(engine) as rows:
            rows.put_views({uuid4(): view_of(full("a")), uuid4(): view_of(memory("b"))}, NOON)
        with engine.connect() as connection:
            for name in ("emotional_context", "relationship_dynamics"):
                counted = text(f"SELECT count(*), count({name}) FROM merged_memories")
                assert tuple(connection.execute(counted).one()) == (2, 1)

    def test_what_is_too_much_for_one_statement_is_written_in_several(self, engine: Engine) -> None:
        views = {UUID(int=number): view_of(memory("x" * 3_000_000 + str(number))) for number in range(3)}
        statements = counted(engine)
        with rows_of(engine) as rows:
            statements.clear()
            rows.put_views(views, NOON)
        assert len([each for each in statements if "merged_memories" in each]) == 2
        assert [row["content"][-1] for row in all_of(engine, merged_memories)] == ["0", "1", "2"]


class TestRefusals:
    """They stop the consumer, and say where to look: no record is to blame."""

    def refuse(self, engine: Engine, view: View) -> None:
        with pytest.raises(Fatal, match="merged_memories refuses a row of cluster"), rows_of(engine) as rows:
            rows.put_views({uuid4(): view_of(memory("good")), uuid4(): view}, NOON)
        assert all_of(engine, merged_memories) == []

    def test_half_a_pair_of_surrogates(self, engine: Engine) -> None:
        self.refuse(engine, view_of(memory("\ud800")))
        self.refuse(engine, view_of(memory("in a document", tags=["\ud800"])))

    def test_what_an_operator_forbids(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("CREATE UNIQUE INDEX only_one ON merged_memories (memory_id)"))
        self.refuse(engine, view_of(memory("the second of its name")))

    @pytest.mark.parametrize("url", ["postgresql"], indirect=True)
    def test_what_postgres_has_no_room_for(self, engine: Engine) -> None:
        self.refuse(engine, view_of(memory("a\x00b")))
        self.refuse(engine, view_of(memory("in a document", tags=["a\x00b"])))
        self.refuse(engine, view_of(memory("a name too long", owner="x" * 256)))


def joining(number: int, name: str, *fields: str) -> Joining:
    place = Place(UUID(int=number), is_founder=False, band=Band.FOLDED, score=0.1 + 0.2)
    return Joining(place.cluster_id, member(name, memory()), place, fields[:1], list(fields))


def test_history_comes_back_in_order(engine: Engine) -> None:
    told = [
        *(joining(9 - at, odd or "-", "tags", "content") for at, odd in enumerate(ODD)),
        *(joining(at, "again") for at in range(30)),
    ]
    with rows_of(engine) as rows:
        rows.append_history(told[:5], NOON)
        rows.append_history(told[5:], NOON)
    assert [tuple(row.values())[1:] for row in all_of(engine, merge_history)] == [
        (each.cluster_id, each.member.memory_id, NOON, "folded", 0.1 + 0.2, list(each.conflicts), each.fields_changed)
        for each in told
    ]


def pair(one: str, other: str) -> Pair:
    return Side(one, b"\x00\xff"), Side(other, b'"\\')


def test_a_pair_that_is_noted_stays_as_it_is(engine: Engine) -> None:
    owners = dict.fromkeys([*ODD, "new"], "NULL")
    doubts = [Doubt(pair(odd, "z"), 0.1 + 0.2, ALIKE) for odd in ODD]
    more = [Doubt(sides, 0.9, CONTRADICTION) for sides in (doubts[0].sides, pair("new", "z"), pair("new", "z"))]
    with rows_of(engine) as rows:
        assert rows.note_doubts(owners, doubts, NOON) == len(doubts)
        assert rows.note_doubts(owners, more, NOON + timedelta(hours=1)) == 1
        assert rows.note_doubts(owners, [], NOON) == 0
    noted = [*((each, NOON) for each in doubts), (more[1], NOON + timedelta(hours=1))]
    found = [{name: value for name, value in row.items() if name != "id"} for row in all_of(engine, reviews)]
    assert found == [
        {
            "owner_id": "NULL",
            "memory_id": one.memory_id,
            "content_hash": one.digest,
            "other_memory_id": other.memory_id,
            "other_content_hash": other.digest,
            "score": score,
            "reason": reason,
            "decision": None,
            "noted_at": noted_at,
            "decided_at": None,
            "decided_by": None,
            "decided_because": None,
        }
        for ((one, other), score, reason), noted_at in noted
    ]


def test_only_pairs_that_wait_for_this_reason_are_settled(engine: Engine) -> None:
    names = [*ODD, "decided", "for another reason"]
    doubts = [Doubt(pair(name, "z"), 0.8, ALIKE) for name in names]
    with rows_of(engine) as rows:
        rows.note_doubts(dict.fromkeys(names, "ann"), doubts, NOON)
    with engine.begin() as connection:
        connection.execute(update(reviews).where(reviews.c.memory_id == "decided").values(decision="rejected"))
    with rows_of(engine) as rows:
        rows.settle([*doubts[1:-1], doubts[-1]._replace(reason=CONTRADICTION)])
    assert {row["memory_id"] for row in all_of(engine, reviews)} == {names[0], "decided", "for another reason"}


def counted(engine: Engine) -> list[str]:
    """Every statement from now on: where many are sent at once, to PostgreSQL each of them."""
    statements: list[str] = []
    is_postgres = engine.dialect.name == "postgresql"

    def count(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: Any) -> None:
        statements.extend([statement] * (len(parameters) if is_many and is_postgres else 1))

    event.listen(engine, "before_cursor_execute", count)
    return statements


def stories(many: int) -> list[list[MemoryEvent]]:
    """Batches in which so many owners each have others join, pairs noted and settled, and a text passed on."""

    def of_each(name: str, content: str, kind: str, at: int) -> list[MemoryEvent]:
        tags = [f"{kind}{number}" for number in range(11)]
        return [
            told(f"{name} {many} {number}", content, owner=f"{many} {number}", at=at, tags=tags)
            for number in range(many)
        ]

    return [
        of_each("a", TEN, "x", 0),
        [*of_each("b", TEN, "x", 3), *of_each("c", swapped(1), "y", 2), *of_each("d", swapped(1, 2, 3), "x", 4)],
        of_each("e", swapped(2), "z", 1),  # it is in the way of the oldest now, and the third is no more
        [gone(f"a {many} {number}") for number in range(many)],
    ]


def test_how_many_merge_makes_no_difference_to_the_number_of_statements(engine: Engine) -> None:
    store, statements = Clustered(engine), counted(engine)
    kinds: list[list[str]] = []
    for many in (2, 40):
        for batch in stories(many):
            statements.clear()
            store.write(batch)
            kinds.append([" ".join(each.split()[:3]) for each in statements])
    assert kinds[:4] == kinds[4:]
    assert {"INSERT INTO merged_memories", "INSERT INTO merge_history", "INSERT INTO reviews"} <= set(kinds[1])
    assert "DELETE FROM reviews" in kinds[2]
    assert "UPDATE memories SET" in kinds[3]
    assert max(map(len, kinds)) <= MOST_STATEMENTS
    assert store.query("SELECT band, count(*) FROM merge_history GROUP BY band") == [("folded", 84), ("same", 42)]
