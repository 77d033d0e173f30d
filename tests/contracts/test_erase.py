"""What is erased leaves no word behind: on PostgreSQL and on SQLite."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, insert, inspect, select, text

from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import READ_ONLY, open_engine
from consumer.adapters.sql.erasing import Erasing, Traces
from consumer.adapters.sql.merging.reviewing import Reviews
from consumer.adapters.sql.migrating import upgrade
from consumer.adapters.sql.tables import members, merge_history
from consumer.erasure import Kind, Subject
from consumer.errors import Transient
from consumer.memory.merging.clusters import Rules
from consumer.moves import Author
from consumer.records import CREATED, OVERTAKEN, UPDATED, KeptPayload, Record, TopicPartition
from tests.contracts.clustered import TEN, Clustered, assert_whole, gone, swapped, the_one_waiting, told
from tests.contracts.filled import fill_what_is_erased, plans_of, reads_all
from tests.stories import NOON, event_id

ANN = Author("operator@home", None, NOON)
SECRET = "bluebottle"
"""A word that only the erased have."""

OWNER = Subject(Kind.OWNER, "ann")


@pytest.fixture
def store(engine: Engine) -> Clustered:
    return Clustered(engine)


def erase(store: Clustered, kind: str, name: str) -> Traces:
    return Erasing(store.engine, Rules(), lambda _: None).erase(Subject(Kind(kind), name), ANN)


def everything(engine: Engine) -> str:
    """Every row of every table; on SQLite, every byte of its files too."""
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = [str(row) for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"'))]
    assert {"memories", "kept_payloads", "merge_history", "erasures"} <= set(tables)
    return "\n".join([*rows, *_files(engine)])


def _files(engine: Engine) -> Iterator[str]:
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        yield from (path.read_bytes().decode("latin-1") for path in file.parent.glob(f"{file.name}*"))


def test_a_memory_goes_with_all_its_words(store: Clustered) -> None:
    store.write([told("a", f"{TEN} {SECRET}", tags=[f"{SECRET} tag"]), told("b", f"{swapped(0)} more", at=1)])
    store.write([told("a", f"{TEN} {SECRET}", again=" 2", at=2, metadata={"k": SECRET})])
    store.write([told("c", f"{swapped(0, 1, 2, 3)} {SECRET}", at=3)])
    assert SECRET in everything(store.engine)
    erase(store, "memory", "a")
    found = erase(store, "memory", "c")
    assert (found.memory_ids, found.rows["memories"]) == (["c"], 1)
    assert SECRET not in everything(store.engine)
    assert store.query("SELECT memory_id FROM memories WHERE is_deleted ORDER BY memory_id") == [("a",), ("c",)]
    assert store.query("SELECT memory_id, is_founder FROM members") == [("b", True)]
    assert store.query("SELECT count(*) FROM merged_memories") == [(0,)]
    assert store.query("SELECT count(*) FROM merge_history WHERE memory_id != 'b'") == [(0,)]


def test_no_event_brings_it_back(store: Clustered) -> None:
    store.write([told("a")])
    erase(store, "memory", "a")
    erase(store, "memory", "never seen")
    late = [told("a", again=" later", at=9), told("never seen", at=9)]
    assert store.write(late) == {OVERTAKEN: 2}
    assert "never seen" in str(store.query("SELECT memory_id FROM memories WHERE is_deleted"))


def test_the_text_passes_to_who_says_the_same(store: Clustered) -> None:
    store.write([told("a"), told("b"), told("c")])
    erase(store, "memory", "a")
    assert store.query("SELECT memory_id, content FROM memories WHERE content IS NOT NULL") == [("b", TEN)]
    assert store.query("SELECT memory_id, content FROM merged_memories") == [("b", TEN)]


def test_the_view_is_folded_without_it(store: Clustered) -> None:
    store.write([told("a", TEN), told("b", swapped(0), tags=[SECRET]), told("c", swapped(1), tags=["kept"])])
    assert SECRET in str(store.query("SELECT tags FROM merged_memories"))
    erase(store, "memory", "b")
    assert "kept" in str(store.query("SELECT tags FROM merged_memories"))
    assert SECRET not in everything(store.engine)


def test_a_pair_goes_with_either(store: Clustered) -> None:
    store.write([told("a"), told("b", swapped(1, 2, 3))])
    assert erase(store, "memory", "b").rows["reviews"] == 1
    assert store.query("SELECT count(*) FROM reviews") == [(0,)]


def test_an_owner_goes_and_nobody_else(store: Clustered) -> None:
    contents = [TEN, *map(swapped, range(4))]
    store.write([told(f"ann {n}", content, tags=[SECRET]) for n, content in enumerate(contents)])
    store.write([told("ann alone", f"{SECRET} again"), told("ann doubt", swapped(0, 1, 2))])
    store.write([told(f"bob {n}", content, owner="bob") for n, content in enumerate(contents)])
    mine = " WHERE owner_id = 'bob'"
    before = store.query("SELECT * FROM merged_memories"), store.query(f"SELECT * FROM memories{mine}")
    found = erase(store, "owner", "ann")
    assert (len(found.memory_ids), found.rows["members"], found.rows["merged_memories"]) == (7, 7, 1)
    assert SECRET not in everything(store.engine)
    after = store.query("SELECT * FROM merged_memories"), store.query(f"SELECT * FROM memories{mine}")
    assert after == ([row for row in before[0] if "bob" in str(row)], before[1])
    assert store.query(
        "SELECT count(*) FROM similarity_keys WHERE cluster_id NOT IN (SELECT cluster_id FROM members)"
    ) == [(0,)]
    assert "'ann'" not in everything(store.engine)


def test_the_history_of_those_who_were_deleted_before_goes_with_their_owner(store: Clustered) -> None:
    store.write([told("a"), told("b"), told("c"), gone("b")])
    assert store.query("SELECT count(*) FROM merge_history") == [(2,)]
    assert erase(store, "owner", "ann").rows["merge_history"] == 2
    assert store.query("SELECT count(*) FROM merge_history") == [(0,)]


def test_the_history_of_a_cluster_goes_with_its_last_member(store: Clustered, reviews: Reviews) -> None:
    """Else nobody could tell later whose it was: it may be deleted, erased, changed, or joined to others."""
    history = "SELECT memory_id FROM merge_history ORDER BY memory_id"
    store.write([told("a"), told("b"), told("c", swapped(0)), gone("a"), gone("b")])
    store.write([gone("c"), told("d"), told("e"), gone("d")])
    assert store.query(history) == [("e",)]
    erase(store, "memory", "e")
    assert store.query(history) == []
    store.write([told("other", "Of something else"), told("f"), told("g"), gone("f")])
    store.write([told("g", "Of something else", again=" 2", at=1)])
    assert store.query("SELECT band FROM merge_history") == [("same",)], "of the cluster that it is in now"
    store.write([told("h", at=2), told("i", at=3), told("j", swapped(1, 2, 3), at=4), told("k", swapped(1, 2, 3))])
    reviews.accept(the_one_waiting(reviews), ANN)
    assert_whole(store)
    store.write([gone("h"), gone("k")])
    erase(store, "owner", "ann")
    assert store.query(history) == []


def test_history_of_clusters_that_were_gone_before_there_was_a_rule_goes_with_the_upgrade(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrating._config(connection), "0008")
        at = {"memory_id": "a", "band": "same", "score": 1.0}
        joined = {**at, "joined_at": NOON, "conflicts": [], "fields_changed": []}
        connection.execute(
            insert(members), [{**at, "cluster_id": event_id("there"), "is_founder": True, "content_hash": b""}]
        )
        connection.execute(
            insert(merge_history), [{**joined, "cluster_id": event_id(cluster)} for cluster in ("gone", "there")]
        )
    migrating.upgrade(engine)
    with engine.connect() as connection:
        assert list(connection.scalars(select(merge_history.c.cluster_id))) == [event_id("there")]
    engine.dispose()


def test_what_an_owner_tells_later_is_new_unless_its_id_was_erased(store: Clustered) -> None:
    store.write([told("a")])
    erase(store, "owner", "ann")
    assert store.write([told("b"), told("a", again=" 2", at=1)]) == {CREATED: 1, OVERTAKEN: 1}


def test_kept_payloads_are_found_by_key_by_event_and_by_mention(store: Clustered) -> None:
    keep(store, b"a", b"?")
    keep(store, b"x", b'{"memory_id": "a", "broken')
    keep(store, b"y", b"\x02a\x00")
    keep(store, b"z", b"", header=b"memory a is bad")
    keep(store, b"ab", b'{"memory_id": "a-b"')
    found = erase(store, "memory", "a")
    assert found.rows["kept_payloads"] == 4
    assert store.query("SELECT count(*) FROM kept_payloads") == [(1,)]


def test_a_payload_that_can_be_decoded_is_judged_by_what_it_is(store: Clustered) -> None:
    """Somebody else's memory may name the owner."""
    keep(store, b"m1", b"of ann")
    keep(store, b"m2", b"of bob, who met ann")
    events = {b"m1": told("m1"), b"m2": told("m2", owner="bob")}
    erasing = Erasing(store.engine, Rules(), lambda record: events[record.key or b""])
    assert erasing.erase(OWNER, ANN).rows["kept_payloads"] == 1
    assert store.query("SELECT count(*) FROM kept_payloads") == [(1,)]


def test_an_erasure_is_audited_without_the_name_of_an_owner(store: Clustered) -> None:
    store.write([told("a"), told("b")])
    erase(store, "memory", "b")
    erase(store, "owner", "ann")
    erase(store, "owner", "ann")
    told_of = store.query("SELECT erased_by, kind, subject FROM erasures ORDER BY id")
    assert told_of[0] == ("operator@home", "memory", "b")
    assert {kind for _, kind, _ in told_of[1:]} == {"owner"}
    assert told_of[1][2].startswith("sha256:") and told_of[1][2] != told_of[2][2]


def test_looking_changes_nothing(store: Clustered) -> None:
    store.write([told("a"), told("b", swapped(0)), told("c", swapped(1, 2, 3))])
    keep(store, b"a", b"?")
    before = store.tables()
    erasing = Erasing(store.engine, Rules(), lambda _: None)
    assert erasing.find(Subject(Kind.MEMORY, "a")).rows == {
        "memories": 1,
        "members": 1,
        "merged_memories": 1,
        "merge_history": 0,
        "reviews": 1,
        "kept_payloads": 1,
    }
    assert erasing.find(OWNER).rows["memories"] == 3
    assert store.tables() == before


def test_without_clusters_too(engine: Engine) -> None:
    """Members are there in one of the modes only."""
    store = Clustered(engine)
    store.write([told("a", SECRET), told("b")])
    with engine.begin() as connection:
        for table in ("members", "similarity_keys", "merged_memories"):
            connection.execute(text(f"DELETE FROM {table}"))
    erase(store, "memory", "a")
    assert SECRET not in everything(engine)
    assert store.write([told("b", again=" 2", at=1)]) == {UPDATED: 1}


def test_nothing_that_is_erased_is_looked_for_in_a_whole_table(engine: Engine) -> None:
    fill_what_is_erased(engine)
    erasing = Erasing(engine, Rules(), lambda _: None)
    for subject in (Subject(Kind.MEMORY, "m6"), Subject(Kind.MEMORY, "never seen"), Subject(Kind.OWNER, "o7")):
        plans = plans_of(engine, partial(erasing.erase, subject, ANN))
        assert {"DELETE FROM merge_history", "DELETE FROM reviews"} <= {" ".join(each.split()[:3]) for each in plans}
        whole = {asked: found for asked, plan in plans.items() if (found := reads_all(plan))}
        assert [each for each in whole.items() if "kept_payloads" not in each[0]] == []


def keep(store: Clustered, key: bytes, value: bytes, header: bytes = b"") -> None:
    """A dead letter whose payload the database keeps, of a topic with dashes in its name."""
    offset = int(store.query("SELECT count(*) FROM kept_payloads")[0][0])
    record = Record(TopicPartition("memory-events", 3), offset, key, value, [("note", header), ("none", None)], 0)
    store.keep(KeptPayload(record))


def test_a_file_in_use_is_said_and_scrubbed_by_the_next_try(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/memories.db", connect_timeout=0.1)
    upgrade(engine)
    store = Clustered(engine)
    store.write([told("a", SECRET)])
    with engine.connect().execution_options(**{READ_ONLY: True}) as reader:
        reader.execute(text("SELECT * FROM memories"))
        with pytest.raises(Transient, match="it is erased, but the file is in use"):
            erase(store, "memory", "a")
    assert store.query("SELECT is_deleted FROM memories") == [(1,)]
    erase(store, "memory", "a")
    assert SECRET not in everything(engine)
    engine.dispose()
