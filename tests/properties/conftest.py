"""How long the property tests search: MEMORY_CONSUMER_TEST_EXAMPLES examples each, or as many as fit a quick run."""

import logging
import os
from collections.abc import Callable, Iterator

import pytest
import structlog

from tests.properties.filters import Exact
from tests.properties.world import Mode, World, worlds


def examples(quick: int) -> int:
    """How many examples to try: `quick` ones unless the environment asks for a longer search."""
    return int(os.environ.get("MEMORY_CONSUMER_TEST_EXAMPLES", quick))


@pytest.fixture(scope="session")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Exact, Mode], World]]:
    """Makes a new world in the place of the last."""
    with worlds(tmp_path_factory.mktemp("world")) as make:
        yield make


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of deliberate failures are no news."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()
