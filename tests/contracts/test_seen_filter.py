"""What a filter of seen events promises, on Redis and in memory, at its best and at its worst."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from consumer.adapters.no_filter import NoFilter
from consumer.adapters.redis.bloom_filter import RedisBloomFilter
from consumer.adapters.redis.generations import Generations
from consumer.ports import SeenFilter
from tests.fakes.clock import HandClock
from tests.properties.filters import Away, Exact, FalselyAlarmed

GENERATIONS = Generations(capacity=20_000, error_rate=0.001, window=timedelta(hours=1), count=3)
NOBODY_LISTENS = "redis://127.0.0.1:1/0"

HELPFUL = ["exact", "falsely alarmed", "redis"]
UNHELPFUL = ["away", "none", "redis away"]


@pytest.fixture
def open_filter(request: pytest.FixtureRequest) -> Iterator[Callable[[str], SeenFilter]]:
    """Makes the filter of a name, empty."""
    with ExitStack() as opened:

        def redis(url: str) -> SeenFilter:
            filter_ = RedisBloomFilter(url, f"contract-{uuid4()}", GENERATIONS, HandClock(), timeout=60.0)
            opened.callback(filter_.close)
            return filter_

        makers: dict[str, Callable[[], SeenFilter]] = {
            "exact": Exact,
            "falsely alarmed": FalselyAlarmed,
            "away": Away,
            "none": NoFilter,
            "redis": lambda: redis(request.getfixturevalue("redis_url")),
            "redis away": lambda: redis(NOBODY_LISTENS),
        }
        yield lambda name: makers[name]()


@pytest.fixture(params=HELPFUL + UNHELPFUL)
def seen(request: pytest.FixtureRequest, open_filter: Callable[[str], SeenFilter]) -> SeenFilter:
    """Each of them."""
    return open_filter(request.param)


def ids(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def test_what_was_added_is_never_denied(seen: SeenFilter) -> None:
    known = ids(12_000)
    seen.add(known[:1])
    seen.add(known[1:])

    assert set(seen.maybe(known)) == set(known)


def test_it_answers_with_nothing_but_what_it_was_asked(seen: SeenFilter) -> None:
    asked = ids(10)
    seen.add(ids(10) + asked[:3])

    assert set(seen.maybe(asked)) <= set(asked)


def test_an_id_may_come_several_times(seen: SeenFilter) -> None:
    twice = ids(1) * 2
    seen.add(twice)

    assert set(seen.maybe(twice)) == set(twice)


def test_nothing_is_asked_or_added(seen: SeenFilter) -> None:
    seen.add([])

    assert not seen.maybe([])


@pytest.mark.parametrize("name", ["exact", "redis"])
def test_a_good_filter_hardly_suspects_what_is_new(name: str, open_filter: Callable[[str], SeenFilter]) -> None:
    seen = open_filter(name)
    seen.add(ids(10_000))

    assert len(seen.maybe(ids(10_000))) < 50, "at 0.1 % ten are expected, and fifty as good as never"
    assert seen.trouble() is None


@pytest.mark.parametrize("name", UNHELPFUL)
def test_a_filter_that_does_not_know_suspects_everything(name: str, open_filter: Callable[[str], SeenFilter]) -> None:
    asked = ids(10)

    assert set(open_filter(name).maybe(asked)) == set(asked)


@pytest.mark.parametrize("name", ["none", "redis away"])
def test_a_filter_that_is_not_used_says_why(name: str, open_filter: Callable[[str], SeenFilter]) -> None:
    seen = open_filter(name)
    seen.maybe(ids(1))

    assert seen.trouble()
