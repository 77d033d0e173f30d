"""What all services have in common: a directory, a start that waits for an answer, a stop that is bounded."""

import shutil
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from consumer.devstack.process import ServerProcess
from consumer.errors import ConsumerError


class Unavailable(ConsumerError):
    """The service can't be had on this machine; `str()` says why, `advice` how it could be."""

    @property
    def reason(self) -> str:
        """Both, in one line for a report."""
        return f"{self}. {self.advice}"


class Service(ABC):
    """A server on a free loopback port.

    `directory` holds its data and its log; without one it gets a temporary directory, removed by `stop`. A service
    ends with the process that started it, unless it is `detached`.
    """

    name: ClassVar[str]

    def __init__(self, *, directory: Path | None = None, detached: bool = False) -> None:
        self._given_directory = directory
        self._detached = detached
        self._directory: Path | None = None
        self._process: ServerProcess | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    @abstractmethod
    def address(self) -> str:
        """Where clients find it, in the form in which they are told. Known once it is started."""

    @property
    def directory(self) -> Path:
        """Where its data and its log are."""
        if self._directory is None:
            raise RuntimeError(f"{self.name} is not started")
        return self._directory

    @property
    def process(self) -> ServerProcess:
        """The server's process."""
        if self._process is None:
            raise RuntimeError(f"{self.name} is not started")
        return self._process

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises `Unavailable` when this machine lacks what it takes, `NotReady` when it does not come up.
        """
        self._directory = self._make_directory()
        try:
            self._process = self._launch(self._directory)
        except BaseException:
            self._remove_directory()
            raise

    def stop(self) -> None:
        """Stop the server and remove its temporary directory. A second call does nothing."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        self._remove_directory()

    @abstractmethod
    def _launch(self, directory: Path) -> ServerProcess:
        """Start the server in the directory; returns once it answers."""

    def _make_directory(self) -> Path:
        if self._given_directory is None:
            return Path(tempfile.mkdtemp(prefix=f"memory-consumer-{self.name}-"))
        self._given_directory.mkdir(parents=True, exist_ok=True)
        return self._given_directory

    def _remove_directory(self) -> None:
        if self._given_directory is None and self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
        self._directory = None
