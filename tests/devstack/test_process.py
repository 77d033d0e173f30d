"""Servers as child processes: waited for within a bound, gone with their parent."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from consumer.devstack.process import Launch, NotReady, ServerProcess

DEAF = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]


def test_a_server_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    launch = Launch(["sh", "-c", "echo address in use; exit 7"], tmp_path / "log")
    with pytest.raises(NotReady, match=r"sh ended with status 7.\naddress in use"):
        ServerProcess.started(launch, lambda: False)


def test_a_server_that_does_not_answer_in_time_is_ended(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"sleep did not answer within 0.1 s"):
        ServerProcess.started(Launch(["sleep", "60"], tmp_path / "log"), lambda: False, seconds=0.1)
    assert not [child for child in psutil.Process().children() if child.name() == "sleep"]


def test_a_server_that_ignores_the_request_is_ended_by_force(tmp_path: Path) -> None:
    log = tmp_path / "log"
    server = ServerProcess.started(Launch(DEAF, log), lambda: "ready" in log.read_text())
    server.stop(seconds=0.1)
    assert not psutil.pid_exists(server.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_server_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, signal; from pathlib import Path\n"
        "from consumer.devstack.redis import Redis\n"
        "redis = Redis(directory=Path(sys.argv[1])); redis.start()\n"
        "print(redis.process.pid, flush=True); signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        server = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    assert psutil.wait_procs([server], timeout=60)[1] == []
