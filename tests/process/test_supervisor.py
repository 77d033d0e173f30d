"""Several processes of one command: how they end together. Real processes, real signals."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SUPERVISE = """
import structlog, sys
from consumer.process.supervisor import Supervisor
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for the children's words
sys.exit(Supervisor([[sys.executable, "-c", sys.argv[1], *sys.argv[3:]]] * int(sys.argv[2])).run())
"""

# A child says a word in one write: a `print` may take two, and another's word come between.
WAITS = """
import os, signal, sys
from consumer.process.lifeline import hold_lifeline
def end(*_):
    os.write(1, b"asked\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
hold_lifeline()
os.write(1, b"ready\\n")
signal.pause()
"""

ONE_FAILS = f"""
import os, sys
try:
    os.close(os.open(sys.argv[1], os.O_CREAT | os.O_EXCL))
except FileExistsError:
    {WAITS.replace(chr(10), chr(10) + "    ")}
os.write(1, b"failing\\n")
sys.stdin.readline()
%s
"""


@contextmanager
def supervised(script: str, count: int, *arguments: str, supervise: str = SUPERVISE) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-u", "-c", supervise, script, str(count), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


def lines(process: subprocess.Popen[str], *wanted: str) -> None:
    """Read until each of the children's words was seen; a child that never says its word ends the test by its end."""
    assert process.stdout is not None
    missing = list(wanted)
    while missing:
        line = process.stdout.readline()
        assert line, f"ended without saying {missing}"
        if line.strip() in missing:
            missing.remove(line.strip())


def test_all_ending_well_is_0() -> None:
    with supervised("pass", 3) as process:
        assert process.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_every_child(number: signal.Signals) -> None:
    with supervised(WAITS, 2) as process:
        lines(process, "ready", "ready")
        process.send_signal(number)
        lines(process, "asked", "asked")
        assert process.wait(60) == 0


def test_when_the_supervisor_is_killed_its_children_are_asked_to_stop() -> None:
    with supervised(WAITS, 2) as process:
        lines(process, "ready", "ready")
        process.kill()
        lines(process, "asked", "asked")


# The signal comes when the first child runs and the supervisor does not know of it yet.
SIGNALLED_WHILE_STARTING = f"""
import os, signal
start = os.posix_spawn
def start_and_be_signalled(*arguments, **options):
    pid = start(*arguments, **options)
    os.write(1, b"started\\n")
    signal.raise_signal(signal.SIGTERM)
    return pid
os.posix_spawn = start_and_be_signalled
{SUPERVISE}
"""


def test_a_signal_while_starting_reaches_who_has_started_and_nobody_else_starts() -> None:
    with supervised("import sys; sys.stdin.read()", 3, supervise=SIGNALLED_WHILE_STARTING) as process:
        assert process.wait(60) == 128 + signal.SIGTERM
        assert process.stdout is not None
        assert process.stdout.read() == "started\n"


@pytest.mark.parametrize(
    ("end", "code"), [("sys.exit(3)", 3), ("import signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL)]
)
def test_a_child_that_fails_stops_the_others_and_its_code_is_passed_on(tmp_path: Path, end: str, code: int) -> None:
    with supervised(ONE_FAILS % end, 2, str(tmp_path / "first")) as process:
        lines(process, "failing", "ready")
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        lines(process, "asked")
        assert process.wait(60) == code


SECOND_SIGNAL = """
import os, signal
from consumer.process.signals import stopping_on_signals
from consumer.stopping import Stop
stop = Stop()
with stopping_on_signals(stop):
    os.kill(os.getpid(), signal.SIGTERM)
    assert (stop.requested, stop.reason) == (True, "SIGTERM")
    print("asked once", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    print("never printed", flush=True)
"""


def test_the_first_signal_asks_and_the_second_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", SECOND_SIGNAL], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (128 + signal.SIGTERM, "asked once\n")
