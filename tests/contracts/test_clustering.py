"""What is alike is found and brought together: on PostgreSQL and on SQLite, whatever the size of batches."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from consumer.adapters.sql.dialects import Timeouts, dialect_of
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.merging.cluster_rows import ClusterRows
from consumer.adapters.sql.merging.departures import Departures
from consumer.adapters.sql.migrating import upgrade
from consumer.errors import Fatal
from consumer.memory.merging.clusters import Rules
from consumer.memory.merging.similarity import Bands
from consumer.records import (
    CREATED,
    DELETED,
    FOLDED_IN,
    NEARLY_SAME,
    OVERTAKEN,
    SAME_CONTENT,
    SAME_EVENT,
    UPDATED,
    TopicPartition,
)
from tests import goemotions
from tests.contracts.clustered import TEN, Clustered, event_of, gone, swapped, told
from tests.memory.merging.originals import memory

SIZES = (1, 5, 500)


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Makes databases with all tables and nothing in them."""
    engines: list[Engine] = []

    def make() -> Engine:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path}/{len(engines)}.db"
        else:
            fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
            url = fresh()
        engines.append(open_engine(url))
        upgrade(engines[-1])
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def store(fresh_engine: Callable[[], Engine]) -> Clustered:
    return Clustered(fresh_engine())


def assert_apart(store: Clustered) -> None:
    """Every memory founds a cluster of its own, and nobody has to look at any."""
    assert {tuple(row) for row in store.query("SELECT is_founder, score FROM members")} == {(True, 1.0)}
    assert store.query("SELECT * FROM merged_memories") == store.query("SELECT * FROM reviews") == []


@pytest.mark.parametrize("size", SIZES)
class TestScenarios:
    """The customer's own."""

    def test_twenty_of_twenty_five_with_the_same_content(self, store: Clustered, size: int) -> None:
        events = [told(f"same{n}") for n in range(20)] + [
            told(f"other{n}", f"text{n} word{n} more{n}") for n in range(5)
        ]
        assert store.write(events, size=size) == {CREATED: 6, SAME_CONTENT: 19}

    def test_an_exact_copy_among_three(self, store: Clustered, size: int) -> None:
        events = [told("a"), told("b", "altogether different words"), told("c")]
        assert store.write(events, size=size) == {CREATED: 2, SAME_CONTENT: 1}

    def test_the_same_event_three_times(self, store: Clustered, size: int) -> None:
        assert store.write([told("a")] * 3, size=size) == {CREATED: 1, SAME_EVENT: 2}

    def test_the_same_event_three_times_and_the_filter_flushed_between(self, store: Clustered, size: int) -> None:
        for _ in range(3):
            store.write([told("a")], size=size, is_filter_empty=True)
        assert store.tally == {CREATED: 1, SAME_EVENT: 2}

    def test_case_and_spaces_do_not_matter(self, store: Clustered, size: int) -> None:
        events = [
            told("a", "We discussed the project deadline"),
            told("b", "we  DISCUSSED the project deadline "),
        ]
        assert store.write(events, size=size) == {CREATED: 1, SAME_CONTENT: 1}

    def test_owners_are_worlds_apart(self, store: Clustered, size: int) -> None:
        assert store.write([told("a"), told("b", owner="bob")], size=size) == {CREATED: 2}
        assert_apart(store)

    def test_common_words_do_not_merge(self, store: Clustered, size: int) -> None:
        events = [told("a", "Discussion about project deadlines"), told("b", "Discussion about vacation plans")]
        assert store.write(events, size=size) == {CREATED: 2}
        assert_apart(store)

    def test_different_texts_without_sources(self, store: Clustered, size: int) -> None:
        events = [told("a", "We went to the sea.", sources=[], people=[]), told("b", "No!", sources=[], people=[])]
        assert store.write(events, size=size) == {CREATED: 2}
        assert_apart(store)

    def test_a_merged_pair_loses_its_founder(self, store: Clustered, size: int) -> None:
        store.write([told("a", TEN, at=1), told("b", swapped(0), at=2)], size=size)
        assert store.query("SELECT memory_id FROM merged_memories") == [("a",)]
        assert store.write([gone("a")], size=size) == {DELETED: 1}
        assert store.query("SELECT memory_id FROM merged_memories") == []
        assert store.query("SELECT content FROM memories WHERE NOT is_deleted") == [(swapped(0),)]
        assert store.query("SELECT memory_id, is_founder FROM members") == [("b", True)]
        assert not [row for rows in store.tables().values() for row in rows if "one two" in row]


@pytest.mark.skipif(goemotions.find_data() is None, reason="the GoEmotions comments are not here")
@pytest.mark.proof
def test_the_comments_of_one_owner(fresh_engine: Callable[[], Engine]) -> None:
    store = Clustered(fresh_engine())
    events = [
        event_of(event.memory_id, memory(event.memory.content)) for event in goemotions.memories(43_410) if event.memory
    ]
    assert store.write(events, size=1_000)[SAME_CONTENT] == 221
    assert store.tally.total() == len(events) == 43_410


def test_an_event_id_used_again_when_the_ledger_has_forgotten_it_joins_no_other_owner(store: Clustered) -> None:
    victim = told("a", tags=["ann's"])
    store.write([victim])
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM event_ledger"))
    store.write([replace(told("z", "wholly other words", owner="bob", sources=["t"]), event_id=victim.event_id)])
    store.write([told("b", swapped(3), at=5)])
    assert store.query("SELECT count(DISTINCT cluster_id) FROM members") == [(2,)]
    assert store.query("SELECT memory_id, source_message_ids FROM merged_memories") in (
        [("a", ["s"])],
        [("a", '["s"]')],
    )


def test_bands(store: Clustered) -> None:
    long = " ".join(f"w{n}" for n in range(40))
    events = [
        told("a", long),
        told("equal", f"{long} more"),
        told("folded", " ".join(f"w{n}" for n in range(4, 44)), tags=["new"]),
        told("doubtful", " ".join(f"w{n}" for n in range(13, 40))),
    ]
    assert store.write(events) == {CREATED: 2, NEARLY_SAME: 1, FOLDED_IN: 1}
    assert store.query("SELECT memory_id, other_memory_id, reason FROM reviews") == [("a", "doubtful", "alike")]
    assert store.query("SELECT memory_id, band FROM merge_history ORDER BY id") == [
        ("equal", "equal"),
        ("folded", "folded"),
    ]
    assert "tags" in str(store.query("SELECT fields_changed FROM merge_history WHERE memory_id = 'folded'"))
    assert "new" in str(store.query("SELECT tags FROM merged_memories"))


@pytest.mark.parametrize(
    ("first", "second", "band"),
    [
        ({"sources": [], "people": ["p", "q", "r", "s"]}, {"sources": [], "people": ["p", "q", "r"]}, "folded"),
        ({"sources": ["1", "2"], "people": ["p"]}, {"sources": ["1"], "people": ["p"]}, "folded"),
    ],
)
@pytest.mark.parametrize("size", [1, 2])
def test_the_same_without_words_is_found(
    store: Clustered, first: dict[str, Any], second: dict[str, Any], band: str, size: int
) -> None:
    """With sources, and without."""
    faces = "\U0001f602\U0001f602 \U0001f643"
    events = [told("a", faces, **first), told("b", faces, **second)]
    store.write(events, size=size)
    assert store.query("SELECT band FROM merge_history") == [(band,)]


def test_the_text_is_kept_once_and_passes_on(store: Clustered) -> None:
    store.write([told("a"), told("b"), told("c")])
    texts = "SELECT memory_id FROM memories WHERE content IS NOT NULL"
    assert store.query(texts) == [("a",)]
    store.write([gone("a")])
    assert store.query(texts) == [("b",)]
    store.write([told("b", "something else", again=" 2", at=1)])
    assert {row[0] for row in store.query(texts)} == {"b", "c"}
    assert dict(store.query("SELECT memory_id, content FROM memories"))["c"] == TEN


def test_those_who_say_the_same_as_the_oldest_are_not_read_until_another_is_the_oldest(store: Clustered) -> None:
    store.write([told(f"m{n}", tags=[f"t{n}"], at=5 + n) for n in range(10)])
    dialect = dialect_of(store.engine.dialect.name, Timeouts())
    with store.engine.connect() as connection:
        rows = ClusterRows(connection, dialect)
        found = rows.without_echoes(rows.clusters_of(["m9"]))
    assert [each.member.memory_id for each in found] == ["m0"]
    store.write([told("older", swapped(0), at=1)])
    ((tags,),) = store.query("SELECT tags FROM merged_memories")
    assert all(f"t{n}" in str(tags) for n in range(10))


def test_a_changed_member_is_decided_afresh(store: Clustered) -> None:
    store.write([told("a"), told("b", swapped(0))])
    assert store.write([told("b", "altogether different", again=" 2", at=1)]) == {UPDATED: 1}
    assert store.query("SELECT count(DISTINCT cluster_id) FROM members") == [(2,)]
    assert store.query("SELECT count(*) FROM merged_memories") == [(0,)]
    assert store.write([told("b", TEN, again=" 3", at=2), told("b", "late", again=" 4", at=1)]) == {
        UPDATED: 1,
        OVERTAKEN: 1,
    }
    assert store.query("SELECT count(DISTINCT cluster_id) FROM members") == [(1,)]


def test_a_pair_lapses_when_one_changes_and_not_when_its_content_stays(store: Clustered) -> None:
    store.write([told("a"), told("b", swapped(1, 2, 3))])
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE reviews SET decision = 'rejected'"))
    store.write([told("b", swapped(1, 2, 3), again=" 2", at=1, tags=["other"])])
    assert store.query("SELECT decision FROM reviews") == [("rejected",)]
    store.write([told("b", "quite another thing", again=" 3", at=2)])
    assert store.query("SELECT decision FROM reviews") == []


def test_what_is_deleted_stays_so(store: Clustered) -> None:
    store.write([told("a"), gone("a")])
    assert store.write([told("a", again=" late"), told("b")]) == {OVERTAKEN: 1, CREATED: 1}


def in_the_other_mode(store: Clustered) -> Clustered:
    """Another group, that tells memories apart by their ids only, on the same database."""
    return Clustered(store.engine, store.rules, source=TopicPartition("other", 0), membership=Departures)


def test_in_the_other_mode_a_deleted_member_leaves_no_word_behind_and_takes_none_along(store: Clustered) -> None:
    store.write([told("a"), told("b"), told("c", swapped(0), at=1)])
    in_the_other_mode(store).write([gone("a")])
    assert dict(store.query("SELECT memory_id, content FROM memories WHERE NOT is_deleted"))["b"] == TEN
    assert store.query("SELECT memory_id FROM members ORDER BY 1") == [("b",), ("c",)]
    assert store.query("SELECT memory_id FROM merged_memories") == [("b",)]
    assert store.write([told("d", swapped(0, 9), at=2), told("e")]) == {CREATED: 1, SAME_CONTENT: 1}


def test_in_the_other_mode_a_changed_member_stands_alone(store: Clustered) -> None:
    store.write([told("a"), told("b")])
    in_the_other_mode(store).write([told("a", "altogether different", again=" 2", at=1), told("n", "new words")])
    assert dict(store.query("SELECT memory_id, content FROM memories")) == {
        "a": "altogether different",
        "b": TEN,
        "n": "new words",
    }
    assert store.query("SELECT memory_id, is_founder FROM members") == [("b", True)]
    assert store.query("SELECT count(*) FROM merged_memories") == [(0,)]


def test_in_the_other_mode_the_rest_is_folded_by_the_same_rules(fresh_engine: Callable[[], Engine]) -> None:
    """What is seen of the rest is what is seen of it in the mode that made the cluster."""
    rules = Rules(Bands(equal=0.8, folded=0.75))
    views = []
    for make in (lambda store: store, in_the_other_mode):
        store = Clustered(fresh_engine(), rules)
        store.write([told("a", tags=["a"]), told("b", swapped(0), at=1, tags=["b"]), told("c", swapped(9), at=2)])
        make(store).write([gone("c")])
        views.append(store.query("SELECT memory_id, tags FROM merged_memories"))
    assert views[0] == views[1]
    assert "b" not in str(views[0][0][1])


def test_a_cluster_that_has_lost_a_text_is_named(store: Clustered) -> None:
    store.write([told("a"), told("b")])
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE memories SET content = NULL"))
    with store.engine.connect() as connection:
        (cluster,) = ClusterRows(connection, dialect_of(store.engine.dialect.name, Timeouts())).clusters_of(["a"])
    with pytest.raises(Fatal, match=f"no member of cluster {cluster} has the text of memory a") as raised:
        store.write([gone("a")])
    assert "delete its row in members" in raised.value.advice


@pytest.mark.parametrize(
    "table", ["members", "similarity_keys", "merged_memories", "merge_history", "reviews", "memories"]
)
def test_a_row_about_clusters_that_the_database_refuses_is_named(store: Clustered, table: str) -> None:
    """It follows from what is stored: no record is to blame, and nothing is written."""
    store.write([told("a"), told("b")])
    forbid(store, table, "UPDATE" if table == "memories" else "INSERT")
    doubtful = [told("d", owner="bob"), told("e", swapped(1, 2, 3), owner="bob")]
    with pytest.raises(Fatal, match=f"{table} refuses a row of (cluster|memory) .*forbidden") as raised:
        store.write([told("c", swapped(0)), *doubtful, gone("a")])
    assert f"trigger on {table}" in raised.value.advice
    assert store.query("SELECT count(*) FROM memories") == [(2,)]


def forbid(store: Clustered, table: str, what: str) -> None:
    """What an operator may have added. Of memories, only texts that pass on are forbidden."""
    when = "NEW.memory_id = 'b'" if table == "memories" else "1 = 1"
    made = [
        f"CREATE TRIGGER forbidden BEFORE {what} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'forbidden'); END"
    ]
    if store.engine.dialect.name == "postgresql":
        made = [
            "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'forbidden'; END $$",
            f"CREATE TRIGGER forbidden BEFORE {what} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION forbid()",
        ]
    with store.engine.begin() as connection:
        for statement in made:
            connection.execute(text(statement))
