"""`stack up` and `stack down`: detached servers, found again by what was written down."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import psutil
import pytest
import redis

from consumer.devstack.process import Launch, NotReady, ServerProcess
from consumer.devstack.redis import Redis
from consumer.devstack.service import Service, Unavailable
from consumer.devstack.stack import Choice, down, up
from consumer.devstack.stack_state import Stack


class NotToBeHad(Service):
    """A server that this machine lacks."""

    name: ClassVar[str] = "not-to-be-had"
    address = ""

    def _launch(self, directory: Path) -> ServerProcess:
        raise Unavailable("it is not here", advice="Buy one.")


class Stillborn(Service):
    """A server that ends before it answers."""

    name: ClassVar[str] = "stillborn"
    address = ""

    def _launch(self, directory: Path) -> ServerProcess:
        return ServerProcess.started(Launch(["sh", "-c", "echo no; exit 3"], directory / "log"), lambda: False)


REDIS = Choice("CONSUMER_REDIS_URL", (NotToBeHad, Redis))
NOTHING = Choice("CONSUMER_DATABASE_URL", (NotToBeHad,))
FAILS = Choice("CONSUMER_DATABASE_URL", (Stillborn,))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "state"
    yield directory
    down(directory, _silently)


def test_up_starts_the_best_that_can_be_had_and_names_what_cannot(state: Path) -> None:
    stack = up(state, _silently, (REDIS, NOTHING))
    assert list(stack.environment) == ["CONSUMER_REDIS_URL"]
    assert stack.missing == {"not-to-be-had": "it is not here. Buy one."}
    with redis.Redis.from_url(stack.environment["CONSUMER_REDIS_URL"]) as client:
        assert client.ping()


def test_up_again_changes_nothing(state: Path) -> None:
    assert up(state, _silently, (REDIS,)) == up(state, _silently, (REDIS,))


def test_up_after_a_server_died_starts_anew(state: Path) -> None:
    first = up(state, _silently, (REDIS,))
    _kill(first.servers[0].pid)
    second = up(state, _silently, (REDIS,))
    assert second.servers[0].pid != first.servers[0].pid
    assert second.is_whole()


def test_down_ends_the_servers_and_removes_their_data(state: Path) -> None:
    stack = up(state, _silently, (REDIS,))
    assert down(state, _silently)
    assert stack.servers[0].process() is None
    assert not stack.data.exists()
    assert not down(state, _silently)


def test_down_leaves_a_process_alone_that_only_has_the_same_id(state: Path) -> None:
    file = state / "state.json"
    up(state, _silently, (REDIS,))
    stack = Stack.load(file)
    assert stack
    own = stack.servers[0]
    other = {**{name: getattr(own, name) for name in own.__slots__}, "created": own.created - 60.0}
    Stack([type(own)(**other)], stack.data, {}).save(file)
    assert down(state, _silently)
    assert own.process() is not None
    _kill(own.pid)


def test_when_one_server_fails_none_is_left(state: Path) -> None:
    before = _redis_servers()
    with pytest.raises(NotReady, match=r"status 3.\nno"):
        up(state, _silently, (REDIS, FAILS))
    assert _redis_servers() == before
    assert not down(state, _silently)


def _redis_servers() -> set[int]:
    return {process.pid for process in psutil.Process().children() if process.name() == "redis-server"}


def _kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()
    process.wait(60)


def _silently(_: str) -> None:
    return
