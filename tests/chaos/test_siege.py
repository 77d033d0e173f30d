"""The siege in short: real consumers under thirty faults; and its pure parts. `make proof` has the long form."""

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from consumer.telemetry.progress import track
from tests.chaos.siege import faults
from tests.chaos.siege.driver import Driver
from tests.chaos.siege.modes import DEDUP
from tests.chaos.siege.report import COLUMNS, MARKS, Line, Report, report, write_figures
from tests.chaos.siege.sequence import planned
from tests.chaos.siege.site import Services, built
from tests.chaos.siege.stalls import Stalls

FAULTS = 30
PAUSES = (0.1, 0.7)


def test_thirty_faults_lose_and_double_nothing(
    kafka: str, fresh_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> None:
    seed = int(os.environ.get("MEMORY_CONSUMER_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"repeat with MEMORY_CONSUMER_TEST_SEED={seed}")
    services, kinds = Services(kafka, fresh_database(), redis_url), faults.of(DEDUP, faults.ANYWHERE)
    with built(services, DEDUP, tmp_path, seed=seed, per_second=100.0) as site, track(FAULTS, "faults") as progress:
        course = Driver(site, progress).run(planned(kinds, FAULTS, seed, PAUSES))
        made = report(course, site)
    assert made.is_clean, "\n".join(made.trouble)
    total = made.lines[-1]
    assert (total.times, total.lost, total.doubled) == (FAULTS, 0, 0)
    assert total.in_vain < FAULTS
    assert total.records >= site.published.total() > 0
    assert sum(row.merged for row in course.rows) > 0


def test_the_same_seed_plans_the_same_faults() -> None:
    assert list(planned(faults.ALL, 100, seed=7)) == list(planned(faults.ALL, 100, seed=7))
    assert list(planned(faults.ALL, 100, seed=7)) != list(planned(faults.ALL, 100, seed=8))


def test_every_kind_of_fault_is_planned() -> None:
    drawn = Counter(fault.kind.name for fault in planned(faults.ALL, 1_000, seed=7))
    assert drawn.total() == 1_000
    assert drawn.keys() == {kind.name for kind in faults.ALL}


class TestStalls:
    """Of partition 0, at seconds that are easily read."""

    @pytest.fixture
    def stalls(self) -> Stalls:
        """Ten records wait from second 1 on."""
        stalls = Stalls()
        stalls.injected("earlier", now=0.0)
        stalls.published({0: 10}, now=1.0)
        return stalls

    def test_nothing_waits_where_all_is_read(self, stalls: Stalls) -> None:
        stalls.committed(0, next_offset=10, records=10, now=2.0)
        stalls.committed(0, next_offset=10, records=0, now=60.0)
        assert stalls.longest == {"earlier": 1.0}

    def test_to_blame_is_the_first_fault_since_the_last_commit(self, stalls: Stalls) -> None:
        stalls.committed(0, next_offset=5, records=5, now=2.0)
        stalls.injected("culprit", now=3.0)
        stalls.injected("latest", now=7.0)
        stalls.committed(0, next_offset=10, records=5, now=9.0)
        assert stalls.longest == {"earlier": 1.0, "culprit": 7.0}
        assert stalls.records == {"earlier": 5, "latest": 5}

    def test_partitions_wait_each_by_itself(self, stalls: Stalls) -> None:
        stalls.published({1: 10}, now=1.0)
        stalls.committed(1, next_offset=10, records=10, now=4.0)
        stalls.committed(0, next_offset=10, records=10, now=6.0)
        assert stalls.longest == {"earlier": 5.0}

    def test_what_is_never_read_waits_to_the_end(self, stalls: Stalls) -> None:
        stalls.ended(now=31.0)
        assert stalls.longest == {"earlier": 30.0}


def test_figures_are_put_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    other, begin = (MARKS[0].format(mode=mode) for mode in ("memory", "memory+dedup"))
    kept = f"{other}\nkept\n{MARKS[1]}\n\n"
    page.write_text(f"{kept}{begin}\nold\n{MARKS[1]}\n\nbehind\n{kept}", encoding="utf-8")
    made = Report([Line("a fault", 2, 1, 1_000, 0, 0, 1.25)], ["a fact"], [])
    write_figures(page, "memory+dedup", made, "make proof FAULTS=2 SEED=1")
    text = page.read_text(encoding="utf-8")
    assert text.startswith(kept) and text.endswith(f"\n\nbehind\n{kept}")
    assert f"| {' | '.join(COLUMNS)} |" in text
    assert "| a fault | 2 | 1 | 1,000 | 0 | 0 | 1.2 |" in text
    assert "`make proof FAULTS=2 SEED=1`" in text
    assert "old" not in text
