"""The database file that a demonstration leaves behind. It never empties a file that holds anybody else's work."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from consumer.errors import ConsumerError

GROUP_PREFIX = "demo-"
"""What the consumer groups of demonstrations begin with; a file in which there are others is not ours to empty."""


class Example(NamedTuple):
    """A memory to look at."""

    memory_id: str
    owner_id: str


def url_of(file: Path) -> str:
    """The file as CONSUMER_DATABASE_URL would name it."""
    return f"sqlite:///{file}"


def start_empty(file: Path) -> None:
    """Remove what an earlier demonstration left. Raises `ConsumerError` where the file is not its own."""
    if not file.exists():
        return
    if not _is_ours(file):
        raise ConsumerError(
            f"{file} was not left by a demonstration, and it is not emptied",
            advice="Name another file with --database, or add to this one with --keep.",
        )
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def example(file: Path) -> Example | None:
    """One of the memories in the file, the latest, merged ones before others; None where none is alive."""
    statement = "SELECT memory_id, owner_id FROM {} WHERE NOT is_deleted ORDER BY occurred_at DESC LIMIT 1"
    with closing(sqlite3.connect(file)) as connection:
        for table in ("merged_memories", "memories"):
            if row := connection.execute(statement.format(table)).fetchone():
                return Example(*row)
    return None


def _is_ours(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            groups = connection.execute("SELECT group_id FROM partitions").fetchall()
    except sqlite3.DatabaseError:
        return file.stat().st_size == 0
    return all(group.startswith(GROUP_PREFIX) for (group,) in groups)
