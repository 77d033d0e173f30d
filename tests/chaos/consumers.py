"""Consumers as processes of their own, as an operator runs them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

BOUND = 90.0
"""Seconds within which a process that is to end has to."""

LOOK_EVERY = 0.05
"""Seconds from one look at a log to the next."""


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """That of a process with these settings, and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CONSUMER_", "OTEL_"))}
    return {**inherited, **settings}


class Consumer:
    """A consumer process. Its log goes to a file, which an error shows the end of."""

    def __init__(self, arguments: Sequence[str], settings: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "consumer", "run", *arguments],
                env=environment(settings),
                stdout=out,
                stderr=out,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def peak_memory(self) -> int:
        """The most bytes that it has had resident so far, while it runs."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def runs_for(self, seconds: float) -> bool:
        """Watch it for so long. False when it ended meanwhile."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def kill(self) -> None:
        """SIGKILL: nothing of it gets to do anything any more."""
        self.signal(signal.SIGKILL)
        self._process.wait(BOUND)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there still."""
        if self.is_running:
            self._process.send_signal(number)

    def exit_code(self, within: float = BOUND) -> int:
        """Wait for its end."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"the consumer did not end within {within:g} s:\n{self.log_tail()}") from late

    def has_logged(self, words: str) -> bool:
        """Whether these words are in its log."""
        return words in self._log.read_text(encoding="utf-8", errors="replace")

    def waits_to_log(self, words: str) -> bool:
        """Whether these words come into its log, in reasonable time and before it ends."""
        until = monotonic() + BOUND
        while not self.has_logged(words):
            if monotonic() > until or not self.runs_for(LOOK_EVERY):
                return self.has_logged(words)
        return True

    def log_tail(self) -> str:
        """The last lines that it logged."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])


class Fleet:
    """All consumers of a test: started under the same settings, and surely gone at its end."""

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self.started: list[Consumer] = []

    def start(self, *arguments: str) -> Consumer:
        """One more."""
        log = self._folder / f"consumer-{len(self.started)}.log"
        consumer = Consumer(arguments, self._settings, log)
        self.started.append(consumer)
        return consumer


@contextmanager
def fleet(settings: Mapping[str, str], folder: Path) -> Iterator[Fleet]:
    """Start consumers within; what still runs at the end is killed."""
    consumers = Fleet(settings, folder)
    try:
        yield consumers
    finally:
        for consumer in consumers.started:
            consumer.signal(signal.SIGCONT)
            consumer.kill()


def settings(bootstrap: str, database_url: str, redis_url: str, source: str, letters: str) -> dict[str, str]:
    """Settings under which a dead process is given up, and a frozen transaction ended, within few seconds."""
    return {
        "CONSUMER_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "CONSUMER_TOPICS": source,
        "CONSUMER_DLQ_TOPIC": letters,
        "CONSUMER_GROUP_ID": source,
        "CONSUMER_DATABASE_URL": database_url,
        "CONSUMER_REDIS_URL": redis_url,
        "CONSUMER_BATCH_SIZE": "200",
        "CONSUMER_BATCH_MAX_WAIT_MS": "100",
        "CONSUMER_DATABASE_IDLE_TIMEOUT_SECONDS": "2",
        "CONSUMER_DLQ_TIMEOUT_SECONDS": "1.5",
        "CONSUMER_KAFKA__session_timeout_ms": "2500",
        "CONSUMER_KAFKA__heartbeat_interval_ms": "500",
    }
