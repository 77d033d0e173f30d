"""The benchmark in small: that it runs, that it judges results, that it prints. No clock."""

from collections.abc import Iterator

import psycopg
import pytest

from consumer.devstack.sample_events import events
from consumer.memory.raw_form import to_raw
from tests.bench.checking import SameContents, WrongResult, check_memories
from tests.bench.comparison import compare_on
from tests.bench.databases import contents, database_with
from tests.bench.layout_rates import measure_layouts
from tests.bench.layouts import LAYOUTS, STANDING
from tests.bench.loops import BARE, OURS_WITH_DEDUP, OURS_WITH_FILTER
from tests.bench.measuring import Measured, Meter, median
from tests.bench.report import as_json, comparison_table, layouts_table, show
from tests.bench.servers import Database, Servers
from tests.bench.staging import Staging
from tests.bench.streams import DISTANCE, half_duplicates, publish, texts

EVENTS = 2_500


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    with database_with(postgres_url) as url:
        yield url


def test_both_loops_leave_the_same_rows(
    kafka: str, postgres_url: str, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    servers = Servers(kafka, Database(postgres_url), redis_url)
    stream = publish(kafka, "test", half_duplicates(2 * EVENTS), EVENTS)
    assert stream.records == 2 * EVENTS

    compared = compare_on(stream, "every event twice", [BARE, OURS_WITH_FILTER], servers, rounds=1)

    show(comparison_table(compared))
    printed = capsys.readouterr().out
    assert f"peak MiB at {stream.records:,}" in printed
    for loop in (BARE, OURS_WITH_FILTER):
        assert loop.title in printed
        assert set(compared.runs[loop.title][0].peak_rss) == {stream.records // 4, stream.records}


def test_looking_for_what_is_alike_leaves_the_same_memories(kafka: str, postgres_url: str, redis_url: str) -> None:
    servers = Servers(kafka, Database(postgres_url), redis_url)
    stream = publish(kafka, "test-texts", texts(EVENTS))
    compare_on(stream, "texts", [BARE, OURS_WITH_DEDUP], servers, rounds=1)


def test_every_layout_takes_the_same_events(postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    runs = measure_layouts(Database(postgres_url), 2_000, rounds=1)
    show(layouts_table(runs))
    printed = capsys.readouterr().out
    for layout in LAYOUTS:
        assert layout.title in printed
    assert as_json(runs).keys() == {layout.name for layout in LAYOUTS}


def test_a_loop_that_loses_an_event_is_found_out(database: str) -> None:
    stored(database, 10)
    check_memories("honest", database, 10)
    with pytest.raises(WrongResult, match="10 memories are stored, 11 were published"):
        check_memories("careless", database, 11)


def test_a_loop_that_changes_an_event_is_found_out(database: str) -> None:
    same = SameContents()
    stored(database, 10)
    same.check("first", database)
    same.check("the like", database)
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE memories SET confidence = 0.123 WHERE memory_id = (SELECT max(memory_id) FROM memories)"
        )
    with pytest.raises(WrongResult, match="careless left"):
        same.check("careless", database)


def test_repetitions_change_nothing(database: str) -> None:
    stored(database, 10)
    once = contents(database)
    stored(database, 10)
    assert contents(database) == once
    assert (once.memories, once.events) == (10, 10)


def test_duplicates_come_later_than_their_events() -> None:
    records = list(half_duplicates(2 * (DISTANCE + 3)))
    first_seen: dict[str, int] = {}
    distances = []
    for place, (key, _) in enumerate(records):
        if key in first_seen:
            distances.append(place - first_seen[key])
        first_seen.setdefault(key, place)
    assert len(distances) == len(first_seen) == DISTANCE + 3
    assert min(distances) >= DISTANCE


def test_the_meter_leaves_out_the_first_batch_and_waits_for_the_last() -> None:
    meter = Meter(30, None, rss_at=(10, 30))
    meter.batch_done(10)
    meter.batch_done(10)
    with pytest.raises(RuntimeError, match="20 of 30 events came"):
        meter.result()
    meter.batch_done(10)
    measured = meter.result()
    assert measured.events == 20
    assert measured.postgres_cpu_per_million is None
    assert set(measured.peak_rss) == {10, 30}
    assert Measured.from_json(measured.to_json()) == measured


def test_the_median_is_one_whole_run() -> None:
    runs = [Measured(1_000, seconds, 0.0, None, {}) for seconds in (3.0, 1.0, 2.0)]
    assert median(runs) is runs[2]


def stored(database: str, count: int) -> None:
    staging = Staging(database, STANDING)
    staging.write(map(to_raw, events(count)))
    staging.close()
