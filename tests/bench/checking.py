"""Whether what a run left behind is right. Speed is never judged, the result always."""

from tests.bench.databases import Contents, contents, count_memories, counted


class WrongResult(Exception):
    """A run stored something else than it should have. `str()` says what."""


def check_memories(name: str, database: str, expected: int) -> None:
    """Raises `WrongResult` unless so many memories are stored."""
    stored = count_memories(database)
    if stored != expected:
        raise WrongResult(f"{name}: {stored:,} memories are stored, {expected:,} were published")


def check_counted(name: str, database: str, published: int) -> None:
    """Raises `WrongResult` unless the partition rows have counted every record once."""
    records = counted(database)
    if records != published:
        raise WrongResult(f"{name}: {records:,} records are counted, {published:,} were published")


class SameContents:
    """Holds that all runs over the same records leave the same rows."""

    def __init__(self) -> None:
        self._first: tuple[str, Contents] | None = None

    def check(self, name: str, database: str) -> None:
        """Raises `WrongResult` where the rows differ from those of the first run."""
        found = contents(database)
        if self._first is None:
            self._first = name, found
        first_name, expected = self._first
        if found != expected:
            raise WrongResult(f"{name} left {found}, but {first_name} left {expected}")
