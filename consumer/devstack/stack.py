"""A local broker, database and Redis that go on in the background until told to end."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from consumer.devstack.kafka import Kafka
from consumer.devstack.mock_kafka import MockKafkaServer
from consumer.devstack.postgres import Postgres
from consumer.devstack.redis import Redis
from consumer.devstack.service import Service, Unavailable
from consumer.devstack.stack_state import RunningServer, Stack

Say = Callable[[str], None]
"""Told, in a sentence, how it goes on."""

_PATIENCE_SECONDS = 15.0


@dataclass(slots=True, frozen=True)
class Choice:
    """The kinds of server that serve a purpose, the best first, and the setting that names their address."""

    variable: str
    kinds: tuple[type[Service], ...]


CHOICES = (
    Choice("CONSUMER_KAFKA_BOOTSTRAP_SERVERS", (Kafka, MockKafkaServer)),
    Choice("CONSUMER_DATABASE_URL", (Postgres,)),
    Choice("CONSUMER_REDIS_URL", (Redis,)),
)


def up(state: Path, say: Say, choices: tuple[Choice, ...] = CHOICES) -> Stack:
    """Start what does not run yet; when all of it does, change nothing.

    What can't be had on this machine is left out and named in `missing`. Raises `NotReady` when a server does not come
    up; then nothing runs.
    """
    with _one_at_a_time(state):
        stack = Stack.load(state / "state.json")
        if stack and stack.is_whole():
            say("The stack is up already.")
            return stack
        if stack:
            say("Some of the stack has ended: starting all of it anew.")
            _end(stack, say)
        stack = _start_all(choices, _data_directory(state), say)
        stack.save(state / "state.json")
        return stack


def down(state: Path, say: Say) -> bool:
    """End the servers and remove their data. False when there was nothing to end."""
    with _one_at_a_time(state):
        stack = Stack.load(state / "state.json")
        if stack is None:
            return False
        _end(stack, say)
        (state / "state.json").unlink()
        return True


@contextmanager
def _one_at_a_time(state: Path) -> Iterator[None]:
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _data_directory(state: Path) -> Path:
    """Root's home is closed to the user as whom root runs PostgreSQL: then the data lie where that user may go."""
    if os.geteuid() != 0:
        return state / "data"
    data = Path(tempfile.mkdtemp(prefix="memory-consumer-stack-", dir="/var/tmp"))
    data.chmod(0o711)
    return data


def _start_all(choices: tuple[Choice, ...], data: Path, say: Say) -> Stack:
    """All that can be had, or, when one of them fails, none."""
    missing: dict[str, str] = {}
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, data, ignore_errors=True)
        started = [(choice.variable, _start_best(choice, data, undo, missing, say)) for choice in choices]
        undo.pop_all()
    return Stack([_let_go(service, variable) for variable, service in started if service], data, missing)


def _start_best(choice: Choice, data: Path, undo: ExitStack, missing: dict[str, str], say: Say) -> Service | None:
    """The first kind that can be had. Why a better one can't is noted in `missing`."""
    for kind in choice.kinds:
        say(f"Starting {kind.name} …")
        try:
            return undo.enter_context(kind(directory=data / kind.name, detached=True))
        except Unavailable as unavailable:
            missing[kind.name] = unavailable.reason
            say(f"No {kind.name}: {unavailable.reason}")
    return None


def _let_go(service: Service, variable: str) -> RunningServer:
    process = service.process
    process.let_go()
    return RunningServer(
        name=service.name,
        address=service.address,
        variable=variable,
        pid=process.pid,
        created=psutil.Process(process.pid).create_time(),
        stop_signal=process.stop_signal,
    )


def _end(stack: Stack, say: Say) -> None:
    for server in stack.servers:
        if process := server.process():
            say(f"Stopping {server.name} …")
            _stop(process, server.stop_signal)
    shutil.rmtree(stack.data, ignore_errors=True)


def _stop(process: psutil.Process, stop_signal: int) -> None:
    try:
        process.send_signal(stop_signal)
        process.wait(_PATIENCE_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_PATIENCE_SECONDS)
    except psutil.NoSuchProcess:
        return
