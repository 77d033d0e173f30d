"""Which files a demonstration empties, and which it refuses to."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from consumer.cli.demo.file import start_empty
from consumer.errors import ConsumerError


def database(file: Path, *groups: str) -> Path:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE partitions (group_id)")
        connection.executemany("INSERT INTO partitions VALUES (?)", [(group,) for group in groups])
    return file


def test_its_own_file_is_removed_with_what_sqlite_keeps_beside_it(tmp_path: Path) -> None:
    file = database(tmp_path / "demo.db", "demo-1", "demo-2")
    (tmp_path / "demo.db-wal").touch()
    start_empty(file)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_or_empty_is_fine(tmp_path: Path) -> None:
    start_empty(tmp_path / "none.db")
    (tmp_path / "empty.db").touch()
    start_empty(tmp_path / "empty.db")


def test_a_database_in_use_by_others_is_left_alone(tmp_path: Path) -> None:
    file = database(tmp_path / "real.db", "demo-1", "memory-consumer")
    with pytest.raises(ConsumerError, match="not emptied"):
        start_empty(file)
    assert file.exists()


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann, " * 500)
    with pytest.raises(ConsumerError, match="not emptied"):
        start_empty(letter)
    with pytest.raises(ConsumerError, match="not emptied"):
        start_empty(tmp_path)
    assert letter.exists()
