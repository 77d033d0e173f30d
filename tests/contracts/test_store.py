"""What a store promises, on PostgreSQL and on SQLite alike."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, ColumnClause, Connection, Engine, Table, event, inspect, select, text

from consumer.adapters.sql.memory_reader import MemoryReader
from consumer.adapters.sql.migrating import upgrade
from consumer.adapters.sql.openings import SqlOpenings
from consumer.adapters.sql.operations import Operations
from consumer.adapters.sql.tables import kept_payloads, metadata, position_changes
from consumer.errors import BreakerOpen, OwnershipLost, Transient
from consumer.positions import STAMP
from consumer.records import (
    CREATED,
    DELETED,
    OVERTAKEN,
    SAME_EVENT,
    UPDATED,
    Category,
    Committed,
    Found,
    KeptPayload,
    Kind,
    Outcome,
    Plan,
    Rejection,
    Stage,
    TopicPartition,
)
from tests.contracts.desk import NEW_TOPIC, Desk
from tests.fakes.clock import HandClock
from tests.stories import MEMORIES, NOON, event_id, plan, record
from tests.stories import event as told

DATABASE = Outcome(Kind.DEAD_LETTERED, "database")
DEDUPLICATION = Outcome(Kind.DEAD_LETTERED, "deduplication")
VALIDATION = Outcome(Kind.DEAD_LETTERED, "validation")


@pytest.mark.parametrize("suspicious", [True, False])
class TestEvents:
    """With or without a hint from the filter: the ends are the same."""

    def test_new_memories_are_stored_whole(self, desk: Desk, suspicious: bool) -> None:
        written = desk.write([told("a", "m1"), told("b", "m2")], suspicious=suspicious)
        assert written.tally == {CREATED: 2}
        assert set(written.event_ids) == {event_id("a"), event_id("b")} == desk.ledger()
        row = MemoryReader(desk.engine).by_id("m1")
        assert row is not None
        assert row["content"] == "what a tells"
        assert row["participants"] == [{"id": "p1", "name": "Bo", "role": "friend"}]
        assert row["metadata"] == {"k": "v"}
        assert row["occurred_at"] == NOON
        assert row["emotional_context"] is None

    def test_the_same_event_again_changes_nothing(self, desk: Desk, suspicious: bool) -> None:
        desk.write([told("a"), told("a")], suspicious=suspicious)
        written = desk.write([told("b", "m2"), told("a", content="forged")], suspicious=suspicious)
        assert written.tally == {CREATED: 1, SAME_EVENT: 1}
        assert desk.contents() == {"m1": "what a tells", "m2": "what b tells"}

    def test_the_later_state_wins_whatever_comes_first(self, desk: Desk, suspicious: bool) -> None:
        desk.write([told("late", minute=5)], suspicious=suspicious)
        written = desk.write([told("early", minute=1), told("later", minute=6)], suspicious=suspicious)
        assert written.tally == {OVERTAKEN: 1, UPDATED: 1}
        assert desk.contents() == {"m1": "what later tells"}

    def test_on_a_tie_the_one_read_later_wins(self, desk: Desk, suspicious: bool) -> None:
        desk.write([told("a")], suspicious=suspicious)
        assert desk.write([told("b")], suspicious=suspicious).tally == {UPDATED: 1}
        assert desk.contents() == {"m1": "what b tells"}

    def test_states_within_a_batch_are_counted_one_by_one(self, desk: Desk, suspicious: bool) -> None:
        events = [told("a", minute=3), told("b", minute=1), told("c", minute=4), told("d", minute=2)]
        assert desk.write(events, suspicious=suspicious).tally == {CREATED: 1, OVERTAKEN: 2, UPDATED: 1}
        assert desk.contents() == {"m1": "what c tells"}
        assert len(desk.ledger()) == 4

    def test_a_deletion_is_final_and_leaves_no_words(self, desk: Desk, suspicious: bool) -> None:
        desk.write([told("a", minute=5)], suspicious=suspicious)
        assert desk.write([told("gone", deleted=True, minute=1)], suspicious=suspicious).tally == {DELETED: 1}
        assert desk.write([told("late", minute=9)], suspicious=suspicious).tally == {OVERTAKEN: 1}
        row = MemoryReader(desk.engine).by_id("m1")
        assert row is not None
        kept = {name for name, value in row.items() if value is not None}
        assert kept == {"memory_id", "occurred_at", "is_deleted", "written_at"}

    def test_created_and_deleted_in_one_batch(self, desk: Desk, suspicious: bool) -> None:
        events = [told("a"), told("gone", deleted=True), told("b", minute=9), told("again", deleted=True)]
        assert desk.write(events, suspicious=suspicious).tally == {CREATED: 1, DELETED: 1, OVERTAKEN: 2}
        assert desk.contents() == {"m1": None}

    def test_a_deletion_may_come_before_what_it_deletes(self, desk: Desk, suspicious: bool) -> None:
        desk.write([told("gone", deleted=True)], suspicious=suspicious)
        assert desk.write([told("a", minute=9)], suspicious=suspicious).tally == {OVERTAKEN: 1}

    def test_an_event_id_of_another_memory_is_a_dead_letter(self, desk: Desk, suspicious: bool) -> None:
        desk.write([told("a", "m1")], suspicious=suspicious)
        written = desk.write([told("a", "m2"), told("b", "m3"), told("b", "m4")], suspicious=suspicious)
        assert written.tally == {DEDUPLICATION: 2, CREATED: 1}
        assert [letter.code for letter in desk.letters] == ["event_id_reused"] * 2
        assert desk.contents().keys() == {"m1", "m3"}

    def test_an_owner_never_changes(self, desk: Desk, suspicious: bool) -> None:
        events = [told("a", owner="ann"), told("b", owner="bob", minute=1), told("b", owner="ann", minute=2)]
        assert desk.write(events, suspicious=suspicious).tally == {CREATED: 1, VALIDATION: 1, UPDATED: 1}
        assert [letter.code for letter in desk.letters] == ["owner_changed"]
        assert desk.write([told("c", owner="bob", minute=3)], suspicious=suspicious).tally == {VALIDATION: 1}
        assert event_id("c") not in desk.ledger()

    def test_a_refused_row_leaves_the_others(self, desk: Desk, suspicious: bool) -> None:
        desk.forbid("poison")
        events = [told(f"e{n}", f"m{n}", content="poison" if n in (3, 17) else None) for n in range(20)]
        written = desk.write(events, suspicious=suspicious)
        assert written.tally == {CREATED: 18, DATABASE: 2}
        assert [letter.record.offset for letter in desk.letters] == [3, 17]
        assert len(desk.contents()) == len(desk.ledger()) == 18

    def test_a_folded_row_that_fails_is_tried_event_by_event(self, desk: Desk, suspicious: bool) -> None:
        desk.forbid("poison")
        events = [told("a"), told("b", minute=1), told("c", minute=2, content="poison")]
        assert desk.write(events, suspicious=suspicious).tally == {CREATED: 1, UPDATED: 1, DATABASE: 1}
        assert desk.contents() == {"m1": "what b tells"}
        assert desk.ledger() == {event_id("a"), event_id("b")}

    def test_extremes_of_time_and_text_survive(self, desk: Desk, suspicious: bool) -> None:
        first = datetime(1, 1, 1, tzinfo=UTC)
        last = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
        odd = 'tab\t backslash \\N newline \n quote " emoji 🦜 null-ish \\0 é'
        events = [
            replace(told("a", "m1", content=odd), occurred_at=first),
            replace(told("b", "m2"), occurred_at=last),
        ]
        assert desk.write(events, suspicious=suspicious).tally == {CREATED: 2}
        rows = {memory_id: MemoryReader(desk.engine).by_id(memory_id) for memory_id in ("m1", "m2")}
        assert rows["m1"] is not None and rows["m2"] is not None
        assert (rows["m1"]["content"], rows["m1"]["occurred_at"]) == (odd, first)
        assert rows["m2"]["occurred_at"] == last
        assert desk.write([told("c", "m2", minute=1)], suspicious=suspicious).tally == {OVERTAKEN: 1}


def test_one_bad_row_costs_a_logarithm_of_attempts(desk: Desk) -> None:
    """⌈log₂ N⌉ + 2 attempts to write, each one statement here."""
    desk.forbid("poison")
    attempts = 0

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal attempts
        attempts += statement.startswith("INSERT INTO memories")

    event.listen(desk.engine, "before_cursor_execute", count)
    events = [told(f"e{n}", f"m{n}", content="poison" if n == 700 else None) for n in range(1_000)]
    assert desk.write(events).tally == {CREATED: 999, DATABASE: 1}
    assert attempts <= 10 + 2


def test_savepoints_do_not_pile_up(desk: Desk) -> None:
    """PostgreSQL gets slower with each that is left open. One that was rolled back to serves again."""
    desk.forbid("poison")
    seen: Counter[str] = Counter()

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen[statement.split(maxsplit=1)[0]] += 1

    event.listen(desk.engine, "before_cursor_execute", count)
    events = [told(f"e{n}", f"m{n}", content="poison") for n in range(5)]
    assert desk.write(events).tally == {DATABASE: 5}
    assert seen["ROLLBACK"] >= 5
    assert seen["SAVEPOINT"] <= seen["RELEASE"] + 1


class TestPositions:
    """The partition row is the truth."""

    def test_counters_add_up_with_every_batch(self, desk: Desk) -> None:
        bad = Rejection(record(2), Category.VALIDATION, "x", "x", "", Stage.TRANSFORMATION)
        desk.write([told("a"), told("a")])
        desk.write(plan([told("b", minute=1)], first=2, rejections=[bad]))
        row = Operations(desk.engine).partitions("g")[0]
        assert (row.records_read, row.stored, row.merged, row.duplicates, row.dead_lettered) == (4, 2, 0, 1, 1)
        assert row.next_offset == 4
        assert Operations(desk.engine).outcomes("g") == {CREATED: 1, UPDATED: 1, SAME_EVENT: 1, VALIDATION: 1}

    def test_the_database_itself_refuses_a_false_equation(self, desk: Desk) -> None:
        with pytest.raises(Exception, match="every_record_ends_once"), desk.engine.begin() as connection:
            connection.execute(text("UPDATE partitions SET stored = stored + 1"))

    def test_a_former_owner_can_write_nothing(self, desk: Desk) -> None:
        zombie, claims = desk.store, dict(desk.claims)
        Desk(desk.engine).claim()
        with pytest.raises(OwnershipLost) as lost:
            zombie.write(plan([told("a")]), [], claims, desk)
        assert lost.value.partitions == {MEMORIES}
        assert desk.contents() == {} and desk.ledger() == set()

    def test_only_the_lost_partitions_are_named(self, desk: Desk) -> None:
        other = TopicPartition("memories", 1)
        desk.claim(other)
        Desk(desk.engine).claim(other)
        both = plan([told("a", "m1")])
        more = plan([told("b", "m2")], source=other)
        batch = Plan([*both.arrivals, *more.arrivals], [], {**both.next_offsets, **more.next_offsets})
        with pytest.raises(OwnershipLost) as lost:
            desk.store.write(batch, [], desk.claims, desk)
        assert lost.value.partitions == {other}

    def test_a_flood_of_refused_rows_is_not_searched_to_its_end(self, desk: Desk) -> None:
        desk.forbid("forbidden")
        desk.bears = 3
        good = [told(f"good {number}", f"m{number}") for number in range(5)]
        bad = [told(f"bad {number}", f"n{number}", content="forbidden") for number in range(50)]
        invalid = Rejection(record(55), Category.VALIDATION, "x", "x", "", Stage.TRANSFORMATION)
        with pytest.raises(BreakerOpen, match=r"^4 are too many"):
            desk.write(plan([*good, *bad], rejections=[invalid]))
        assert desk.contents() == {} and desk.ledger() == set() and desk.letters == []

    def test_while_the_breaker_of_the_group_is_open_nobody_writes(self, desk: Desk) -> None:
        openings, other = SqlOpenings(desk.engine, "g", HandClock()), Desk(desk.engine, "h")
        other.claim()
        openings.open("a flood", "half")
        with pytest.raises(BreakerOpen, match="a flood") as opened:
            desk.write([told("a")])
        assert opened.value.is_recorded
        invalid = Rejection(record(0), Category.VALIDATION, "x", "x", "", Stage.TRANSFORMATION)
        with pytest.raises(BreakerOpen, match="a flood"):
            desk.write(plan([], rejections=[invalid]))
        assert desk.letters == [], "nothing is sent any more"
        assert desk.contents() == {} and desk.ledger() == set()
        assert other.write([told("a")]).tally == {CREATED: 1}, "another group's is its own"
        openings.close("resume")
        assert desk.write([told("a")]).tally == {SAME_EVENT: 1}

    def test_a_batch_written_twice_under_one_claim_is_not_counted_twice(self, desk: Desk) -> None:
        claims = dict(desk.claims)
        desk.store.write(plan([told("a")]), [], claims, desk)
        with pytest.raises(Transient):
            desk.store.write(plan([told("a")]), [], claims, desk)
        assert desk.store.positions([MEMORIES])[MEMORIES].next_offset == 1
        assert Operations(desk.engine).partitions("g")[0].records_read == 1

    def test_a_failure_to_settle_rolls_everything_back(self, desk: Desk) -> None:
        desk.raises = Transient("no acknowledgement")
        bad = Rejection(record(0), Category.VALIDATION, "x", "x", "", Stage.TRANSFORMATION)
        with pytest.raises(Transient):
            desk.store.write(plan([told("a")], rejections=[bad]), [], desk.claims, desk)
        assert desk.contents() == {} and desk.ledger() == set()
        assert desk.store.positions([MEMORIES])[MEMORIES].next_offset == 0

    def test_a_kept_payload_is_kept_whole(self, desk: Desk) -> None:
        large = record(0, value=b"\x00\xff" * 10)
        bad = Rejection(large, Category.VALIDATION, "record_too_large", "x", "", Stage.VALUE_CONVERTER)
        desk.kept = [KeptPayload(large)]
        desk.store.write(plan([], rejections=[bad]), [], desk.claims, desk)
        with desk.engine.connect() as connection:
            row = connection.execute(select(kept_payloads)).one()
        assert (row.payload_id, row.key, row.value) == (KeptPayload(large).id, b"k", b"\x00\xff" * 10)

    def test_the_payloads_of_a_topic_made_anew_are_kept_beside_the_earlier_ones(self, desk: Desk) -> None:
        for value in (b"A", b"B", b"A"):
            large = record(0, value=value)
            bad = Rejection(large, Category.VALIDATION, "record_too_large", "x", "", Stage.VALUE_CONVERTER)
            desk.claim(found=Found(f"t-{value!r}-{desk.claims[MEMORIES].epoch}", None, earliest=0, end=1))
            desk.kept = [KeptPayload(large)]
            desk.store.write(plan([], rejections=[bad]), [], desk.claims, desk)
        with desk.engine.connect() as connection:
            assert set(connection.scalars(select(kept_payloads.c.value))) == {b"A", b"B"}

    def test_groups_share_the_ledger_and_count_apart(self, desk: Desk) -> None:
        other = Desk(desk.engine, "h")
        other.claim()
        desk.write([told("a")])
        assert other.write([told("a")]).tally == {SAME_EVENT: 1}
        assert [row.stored for row in Operations(desk.engine).partitions("g")] == [1]
        assert [row.duplicates for row in Operations(desk.engine).partitions("h")] == [1]

    def test_a_claim_resumes_and_raises_the_epoch(self, desk: Desk) -> None:
        desk.write([told("a")])
        ours = Committed(0, f"{STAMP};incarnation=1;epoch=1")
        claim = desk.claim(found=replace(NEW_TOPIC, committed=ours, end=9))
        assert (claim.epoch, claim.next_offset, claim.incarnation) == (2, 1, 1)

    def test_an_operator_who_is_forgotten_is_obeyed_again(self, desk: Desk) -> None:
        theirs = replace(NEW_TOPIC, committed=Committed(7, ""), end=9)
        first = desk.claim(found=theirs)
        desk.store.write(plan([told("a")], first=7), [], desk.claims, desk)
        assert desk.claim(found=theirs).next_offset == 8
        desk.store.forget_obeyed([first])
        assert desk.claim(found=theirs).next_offset == 8, "who forgot it owned nothing any more"
        desk.store.forget_obeyed(desk.claims.values())
        assert desk.claim(found=theirs).next_offset == 7

    def test_many_partitions_are_claimed_in_a_handful_of_statements(self, desk: Desk) -> None:
        statements = 0

        def count(*_: Any) -> None:
            nonlocal statements
            statements += 1

        event.listen(desk.engine, "before_cursor_execute", count)
        many = {TopicPartition(topic, number): NEW_TOPIC for topic in ("memories", "more") for number in range(500)}
        claims = desk.store.claim(many)
        assert claims.keys() == many.keys()
        assert {source for source, claim in claims.items() if claim.epoch == 2} == {MEMORIES}, "claimed once before"
        assert statements <= 5
        assert desk.store.positions(many.keys()) == claims

    def test_an_operator_is_obeyed_and_written_down(self, desk: Desk) -> None:
        desk.write([told("a")])
        claim = desk.claim(found=replace(NEW_TOPIC, committed=Committed(7, ""), end=9))
        assert (claim.next_offset, claim.incarnation) == (7, 2)
        assert Operations(desk.engine).partitions("g")[0].skipped == 6
        with desk.engine.connect() as connection:
            changes = connection.execute(select(position_changes).order_by(position_changes.c.id)).all()
        assert [(c.because, c.from_offset, c.to_offset) for c in changes] == [
            ("first_seen", None, 0),
            ("moved_by_operator", 1, 7),
        ]

    def test_a_recreated_topic_starts_over(self, desk: Desk) -> None:
        desk.write([told("a")])
        claim = desk.claim(found=Found("t-2", Committed(1, f"{STAMP};incarnation=1;epoch=1"), earliest=0, end=5))
        assert (claim.next_offset, claim.incarnation) == (0, 2)
        assert desk.write([told("a")]).tally == {SAME_EVENT: 1}


def bare(sql: str) -> str:
    """A condition without the brackets and blanks that PostgreSQL adds when it writes it down."""
    return re.sub(r"[()\s]", "", sql)


def is_plain(item: Any, _name: str | None, kind: str, *_rest: Any) -> bool:
    """Whether it is no index on an expression."""
    return kind != "index" or all(isinstance(part, ColumnClause) for part in item.expressions)


def definitions(connection: Connection) -> dict[str, str]:
    """Every index but those of keys, by its name, as the database tells it."""
    statement = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    if connection.dialect.name == "postgresql":
        statement = "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'ix%'"
    return {name: bare(sql) for name, sql in connection.execute(text(statement))}


class TestUpkeep:
    """Migrations, pruning, signs of life."""

    # SQLAlchemy can't read an index on an expression back out of SQLite, and says so.
    @pytest.mark.filterwarnings("ignore:.*expression-based index")
    def test_migrations_build_the_tables_that_the_code_names(self, engine: Engine) -> None:
        with engine.connect() as connection:
            options = {"compare_type": True, "include_object": is_plain}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, metadata) == []

    def test_migrations_build_the_indexes_that_the_code_names(self, engine: Engine) -> None:
        """Those on expressions too, which the comparison above can't tell apart: as the database writes them down."""
        with engine.begin() as connection:
            built = definitions(connection)
            for name in built:
                connection.execute(text(f"DROP INDEX {name}"))
            for table in metadata.sorted_tables:
                for index in table.indexes:
                    index.create(connection)
            assert definitions(connection) == built

    @pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
    def test_migrations_build_the_keys_and_checks_that_the_code_names(self, engine: Engine, table: Table) -> None:
        """Which the comparison above passes over."""
        built = inspect(engine)
        key = built.get_pk_constraint(table.name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key]
        checks = {check["name"]: bare(check["sqltext"]) for check in built.get_check_constraints(table.name)}
        named = [each for each in table.constraints if isinstance(each, CheckConstraint)]
        assert checks == {each.name: bare(str(each.sqltext)) for each in named}

    def test_upgrading_again_changes_nothing(self, engine: Engine) -> None:
        before, after = upgrade(engine)
        assert before == after

    def test_a_pruned_event_is_decided_by_its_time(self, desk: Desk) -> None:
        desk.write([told("a", minute=1), told("b", minute=2)])
        assert Operations(desk.engine).prune_ledger(datetime(2027, 1, 1, tzinfo=UTC)) == 2
        assert desk.write([told("a", minute=1)]).tally == {OVERTAKEN: 1}

    def test_signs_of_life(self, engine: Engine) -> None:
        operations = Operations(engine)
        operations.beat("c1", "g", NOON, {"rate": 1.0})
        operations.beat("c1", "g", NOON, {"rate": 2.0})
        assert [row.snapshot for row in operations.consumers("g", NOON)] == [{"rate": 2.0}]
        operations.leave("c1")
        assert operations.consumers("g", NOON) == []


def test_what_a_write_costs_in_round_trips(desk: Desk) -> None:
    """The number of statements does not grow with the batch."""
    counted: Counter[int] = Counter()
    size = 0

    def count(*_: Any) -> None:
        counted[size] += 1

    event.listen(desk.engine, "before_cursor_execute", count)
    for size in (10, 1_000):
        desk.write([told(f"e{size}-{n}", f"m{size}-{n}") for n in range(size)])
    assert counted[10] == counted[1_000] <= 18
