"""Bad input has a clear end, each kind its own: through the real decoder into a real database, on both of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, text

from consumer.adapters.avro import AvroDecoder, SchemaDirectory
from consumer.adapters.no_filter import NoFilter
from consumer.adapters.sql import migrating
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.store import SqlStore
from consumer.batching import BatchLimits
from consumer.breaker import Breaker
from consumer.devstack.postgres import temporary_database
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.records import Record, TopicPartition
from consumer.stopping import Bounds, Stop
from consumer.tolerance import Tolerance
from consumer.worker import Worker
from tests import wire
from tests.chaos.bad_records import BAD_RECORDS, MAX_RECORD_BYTES, BadRecord, event_fields, with_field
from tests.fakes.clock import HandClock
from tests.fakes.kafka import FakeBroker, FakeDeadLetters, FakeGroup, FakeSource
from tests.fakes.observer import Nobody
from tests.fakes.openings import FakeOpenings

MEMORIES = TopicPartition("memories", 0)
LETTERS = "letters"
NOW = datetime(2025, 1, 1, tzinfo=UTC)


class Letter(NamedTuple):
    """What a dead letter says."""

    category: str
    code: str
    value: bytes | None
    headers: dict[str, bytes | None]


class Run:
    """A worker over a broker in memory and a real database, which has consumed everything that was published."""

    def __init__(self, engine: Engine, values: Sequence[tuple[bytes | None, bytes | None]]) -> None:
        self._engine = engine
        self.broker = FakeBroker()
        self.broker.create_topic(MEMORIES.topic)
        self.broker.create_topic(LETTERS)
        self.published = [self.broker.publish(MEMORIES, value, key=key) for key, value in values]
        self._consume()
        self.letters = dict(map(_read_letter, self.broker.records(LETTERS)))

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def contents(self) -> dict[str, str]:
        """What each memory says."""
        return dict(self.query("SELECT memory_id, content FROM memories ORDER BY memory_id"))

    def counts(self) -> dict[str, int]:
        """How many records ended how."""
        return dict(self.query("SELECT category, records FROM outcome_counts"))

    def _consume(self) -> None:
        clock = HandClock(NOW)
        source = FakeSource(FakeGroup(self.broker, "group", [MEMORIES.topic]), "one", waited=clock.pass_)
        store = SqlStore(self._engine, "group", clock)
        Worker(
            source=source,
            ownership=Ownership(source, store, clock),
            planner=Planner(
                AvroDecoder(SchemaDirectory(wire.SCHEMA.parent)),
                max_record_bytes=MAX_RECORD_BYTES,
                max_ahead=timedelta(minutes=5),
            ),
            seen=NoFilter(),
            store=store,
            dead_letters=FakeDeadLetters(self.broker, LETTERS),
            clock=clock,
            bounds=Bounds(BatchLimits(bytes=64 * 1024 * 1024), Stop(), clock, until_idle=1.0),
            observer=Nobody(),
            breaker=Breaker(Tolerance(), FakeOpenings(), clock),
        ).run()


class Story(NamedTuple):
    """All bad records in one run, each between two good ones, and the record that each of them became."""

    run: Run
    records: dict[str, Record]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with the consumer's tables, of either kind."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("bad_input") / "memories.db"
        with closing_engine(f"sqlite:///{path}") as made:
            yield made
    else:
        with temporary_database(request.getfixturevalue("postgres_url")) as url, closing_engine(url) as made:
            yield made


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    """An engine on a database whose tables are made first."""
    made = open_engine(url)
    try:
        migrating.upgrade(made)
        yield made
    finally:
        made.dispose()


@pytest.fixture
def empty(engine: Engine) -> Engine:
    """The database, emptied."""
    with engine.begin() as connection:
        for table in ("memories", "event_ledger", "partitions", "outcome_counts", "kept_payloads"):
            connection.execute(text(f"DELETE FROM {table}"))
    return engine


@pytest.fixture(scope="module")
def story(engine: Engine) -> Story:
    """Everything bad, read in one go."""
    values: list[tuple[bytes, bytes | None]] = []
    for number, bad in enumerate(BAD_RECORDS):
        values.append(good(2 * number))
        values.append((b"key", bad.value(event_fields(2 * number + 1))))
    run = Run(engine, [*values, good(2 * len(BAD_RECORDS))])
    return Story(run, {bad.name: run.published[2 * number + 1] for number, bad in enumerate(BAD_RECORDS)})


def good(number: int) -> tuple[bytes, bytes]:
    """Key and value of a valid event of the memory with this number."""
    return f"memory-{number}".encode(), wire.encode_fields(event_fields(number))


def changed(number: int, path: str, value: Any) -> tuple[bytes, bytes | None]:
    """The same, with one field changed."""
    return f"memory-{number}".encode(), with_field(path, value)(event_fields(number))


@pytest.mark.parametrize("bad", BAD_RECORDS, ids=lambda bad: bad.name)
def test_a_bad_record_is_a_dead_letter_that_says_why(story: Story, bad: BadRecord) -> None:
    record = story.records[bad.name]
    letter = story.run.letters[record.name]
    assert (letter.category, letter.code) == ("validation", bad.code)
    assert letter.headers["dlq.advice"]
    assert letter.headers["__connect.errors.offset"] == str(record.offset).encode()
    if record.size <= MAX_RECORD_BYTES:
        assert letter.value == record.value


def test_the_good_records_beside_them_are_stored(story: Story) -> None:
    count = len(BAD_RECORDS)
    assert story.run.query("SELECT count(*) FROM memories") == [(count + 1,)]
    assert story.run.counts() == {"created": count + 1, "validation": count}
    assert len(story.run.letters) == count
    assert story.run.query("SELECT records_read, stored, dead_lettered, next_offset FROM partitions") == [
        (2 * count + 1, count + 1, count, 2 * count + 1)
    ]


def test_a_record_too_large_for_a_letter_is_kept_whole(story: Story) -> None:
    record = story.records["20 MB"]
    letter = story.run.letters[record.name]
    assert letter.value == b""
    ((payload_id, size),) = story.run.query("SELECT payload_id, length(value) FROM kept_payloads")
    assert letter.headers["dlq.payload_at"] == f"kept_payloads/{payload_id}".encode()
    assert payload_id.startswith(f"{record.name}-")
    assert size == len(record.value or b"")


def test_a_reused_event_id_is_a_dead_letter(empty: Engine) -> None:
    run = Run(empty, [good(1), changed(2, "event_id", event_fields(1)["event_id"]), good(3)])
    letter = run.letters[run.published[1].name]
    assert (letter.category, letter.code) == ("deduplication", "event_id_reused")
    assert run.contents().keys() == {"memory-1", "memory-3"}


def test_another_owner_is_a_dead_letter(empty: Engine) -> None:
    first, second = event_fields(1), event_fields(2)
    second["memory_id"], second["memory"]["owner_id"] = first["memory_id"], "somebody else"
    run = Run(empty, [good(1), (b"memory-1", wire.encode_fields(second))])
    letter = run.letters[run.published[1].name]
    assert (letter.category, letter.code) == ("validation", "owner_changed")
    assert run.query("SELECT owner_id FROM memories") == [("owner",)]


def test_of_two_states_in_a_batch_the_later_one_is_kept_and_both_are_counted(empty: Engine) -> None:
    later = event_fields(2)
    later["memory_id"], later["memory"]["content"] = "memory-1", "We walked back."
    run = Run(empty, [good(1), (b"memory-1", wire.encode_fields(later))])
    assert run.contents() == {"memory-1": "We walked back."}
    assert run.counts() == {"created": 1, "updated": 1}


def test_the_same_event_twice_in_a_batch_is_stored_once(empty: Engine) -> None:
    run = Run(empty, [good(1), good(1)])
    assert run.counts() == {"created": 1, "same_event": 1}


def test_a_key_that_is_not_the_memory_is_no_reason_to_refuse(empty: Engine) -> None:
    run = Run(empty, [(b"another key", good(1)[1]), (None, good(2)[1]), (b"\xff\xfe", good(3)[1])])
    assert run.counts() == {"created": 3}
    assert run.letters == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("memory.content", "x" * 50_000),
        ("memory.content", "🙂" * 50_000),
        ("memory.content", "'; DROP TABLE memories; -- \\ \t\r\n\x01\x7f\u2028\ufeff"),
        ("memory.tags", [f"{number:050}" for number in range(20)]),
        ("memory.participants", [{"id": f"p{number}", "name": "\\N", "role": "other"} for number in range(1, 51)]),
        ("memory.metadata", {"": "", "\\": '"', "🙂": "\x01"}),
        ("memory.confidence", 5e-324),
        ("memory.owner_id", "🙂" * 255),
        ("occurred_at", -62_135_596_800_000_000),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_at_the_limit_is_stored(empty: Engine, path: str, value: Any) -> None:
    run = Run(empty, [changed(1, path, value)])
    assert run.counts() == {"created": 1}


def test_the_moment_at_which_an_event_is_too_far_ahead(empty: Engine) -> None:
    at_the_limit = wire.micros(NOW) + 300_000_000
    run = Run(empty, [changed(1, "occurred_at", at_the_limit), changed(2, "occurred_at", at_the_limit + 1_000_000)])
    assert run.contents().keys() == {"memory-1"}
    assert run.letters[run.published[1].name].code == "occurred_in_future"


def _read_letter(letter: Record) -> tuple[str, Letter]:
    headers = dict(letter.headers)
    return _text(headers, "dlq.id"), Letter(
        _text(headers, "dlq.category"), _text(headers, "dlq.code"), letter.value, headers
    )


def _text(headers: dict[str, bytes | None], name: str) -> str:
    return (headers[name] or b"").decode()
