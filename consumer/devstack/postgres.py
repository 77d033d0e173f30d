"""A PostgreSQL server, and databases on it."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from consumer.devstack.loopback import HOST, free_port
from consumer.devstack.postgres_binaries import find_binaries
from consumer.devstack.process import Command, Launch, NotReady, ServerProcess, as_user
from consumer.devstack.service import Service, Unavailable

_SUPERUSER = "postgres"
_UNPRIVILEGED_USERS = ("postgres", "nobody")

_INITDB_OPTIONS = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
_CAREFREE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Loses data when the machine dies, not when a process does."""


class Postgres(Service):
    """A PostgreSQL server that trusts whoever connects.

    `durable` makes it wait for the disk, as one does where data matter or speed is measured; without it tests are
    quicker. Root may not run PostgreSQL: then it runs as the user `postgres`, or `nobody`.
    """

    name: ClassVar[str] = "postgres"

    def __init__(self, *, directory: Path | None = None, detached: bool = False, durable: bool = True) -> None:
        super().__init__(directory=directory, detached=detached)
        self._durable = durable
        self._port = 0

    @property
    def address(self) -> str:
        """A URL as SQLAlchemy takes it."""
        return f"postgresql+psycopg://{_SUPERUSER}@{HOST}:{self._port}/postgres"

    def _launch(self, directory: Path) -> ServerProcess:
        user = _user_to_run_as()
        binaries = find_binaries(for_another_user=user is not None)
        if user:
            shutil.chown(directory, user, pwd.getpwnam(user).pw_gid)
        data = directory / "data"
        _create_cluster(binaries, data, user)
        self._port = free_port()
        launch = Launch(
            [binaries / "postgres", "-D", data, *_options(self._port, durable=self._durable)],
            directory / "postgres.log",
            stop_signal=signal.SIGINT,
            user=user,
            detached=self._detached,
        )
        return ServerProcess.started(launch, self._answers)

    def _answers(self) -> bool:
        try:
            psycopg.connect(_conninfo(self.address), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def temporary_database(server_url: str) -> Iterator[str]:
    """A new, empty database on a server; gone afterwards, whoever is still connected. Gives its SQLAlchemy URL."""
    name = f"memory_consumer_{uuid4().hex[:12]}"
    _execute(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _user_to_run_as() -> str | None:
    """None: as ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for user in _UNPRIVILEGED_USERS:
        if user in known:
            return user
    raise Unavailable(
        "PostgreSQL does not run as root, and there is no other user to run it as",
        advice="Run this as an ordinary user, or add a user named postgres.",
    )


def _create_cluster(binaries: Path, data: Path, user: str | None) -> None:
    command: Command = [binaries / "initdb", "-D", data, "-U", _SUPERUSER, *_INITDB_OPTIONS]
    done = subprocess.run(command, cwd="/", check=False, capture_output=True, text=True, **as_user(user))
    if done.returncode:
        raise NotReady(f"initdb ended with status {done.returncode}.\n{done.stdout}{done.stderr}")


def _options(port: int, *, durable: bool) -> list[str]:
    settings = [f"port={port}", f"listen_addresses={HOST}", "unix_socket_directories=", "max_connections=200"]
    settings += [] if durable else _CAREFREE
    return [part for setting in settings for part in ("-c", setting)]


def _conninfo(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _execute(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(_conninfo(server_url), autocommit=True) as connection:
        connection.execute(statement)
