"""Rows cut into runs, each of which a statement can carry."""

from collections.abc import Iterable, Iterator

from consumer.adapters.sql.rows import Row

MOST_CHARACTERS = 8 * 1024 * 1024
"""In the texts of one run. PostgreSQL takes 1 GB in a message, and a batch that means no harm is one run."""


def in_runs(rows: Iterable[Row], most: int = MOST_CHARACTERS) -> Iterator[list[Row]]:
    """All rows, in order. A row that has more characters by itself is a run of its own."""
    run: list[Row] = []
    characters = 0
    for row in rows:
        size = sum(len(value) for value in row if isinstance(value, str))
        if run and characters + size > most:
            yield run
            run, characters = [], 0
        run.append(row)
        characters += size
    if run:
        yield run
